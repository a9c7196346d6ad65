"""Speed of `evaluate-threads` beside a plain asyncio loop: same SDK, same prompts, same local server, run in turn.

python -m benchmarks.evaluate_speed --threads 1000 --rounds 5
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.workplace import workplace, write_source
from deployments.local.server import ensure_server
from settings import Settings
from storage.database import database_url

PORT = 18374
LATENCY_SECONDS = 0.2


@contextmanager
def judge_server(latency_seconds: float = LATENCY_SECONDS) -> Generator[None]:
    """A judge that answers every call after so long."""
    arguments = ["-m", "tests.servers.local_openai", str(PORT), str(latency_seconds)]
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


def measure(module: str, *arguments: object) -> dict[str, Any]:
    """Run a module in a process of its own; returns the JSON of its last line."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def write_requests(settings: Settings, run_id: str, path: Path) -> None:
    """What the flow asked, as requests the plain loop can send."""
    from tasks.evaluators.correctness_answer import CorrectnessAnswer

    schema = {"name": "CorrectnessAnswer", "schema": CorrectnessAnswer.model_json_schema(), "strict": True}
    with psycopg.connect(database_url(settings, "read")) as connection, path.open("w") as file:
        query = "SELECT system_prompt, prompt FROM api_logs WHERE run_id = %s ORDER BY item"
        for system, prompt in connection.execute(query, (run_id,)):
            request = {
                "model": "bench",
                "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt}],
                "response_format": {"type": "json_schema", "json_schema": schema},
                "temperature": 0,
                "max_completion_tokens": 8192,
            }
            file.write(json.dumps(request) + "\n")


def compare(settings: Settings, folder: Path, threads: int, concurrency: int, rounds: int) -> None:
    """Run both in turn and print the medians."""
    source, requests = folder / "threads.csv", folder / "requests.jsonl"
    write_source(source, threads)
    ours: list[dict[str, Any]] = []
    plain: list[dict[str, Any]] = []
    first = measure("benchmarks.one_flow", source, "openai:bench", concurrency)
    write_requests(settings, first["run_id"], requests)
    for _ in range(rounds):
        plain.append(measure("benchmarks.plain_loop", requests, concurrency))
        ours.append(measure("benchmarks.one_flow", source, "openai:bench", concurrency))
    ideal = threads * LATENCY_SECONDS / concurrency
    ratio = statistics.median(o["seconds"] / p["seconds"] for o, p in zip(ours, plain, strict=True))
    cells = (
        f"{concurrency}",
        f"{ideal:.2f}",
        f"{middle(plain, 'seconds'):.2f}",
        f"{middle(ours, 'seconds'):.2f}",
        f"{ratio:.2f}",
        f"{1000 * middle(plain, 'cpu_seconds') / threads:.2f}",
        f"{1000 * middle(ours, 'cpu_seconds') / threads:.2f}",
    )
    print(f"| {' | '.join(cells)} |", flush=True)


def middle(results: list[dict[str, Any]], name: str) -> float:
    """The median of one figure."""
    return statistics.median(result[name] for result in results)


def main() -> None:
    """Print the table of docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--concurrency", type=int, nargs="*", default=[50, 100])
    options = parser.parse_args()
    print("| concurrency | ideal s | plain loop s | evalflows s | ratio | plain CPU ms/item | evalflows CPU ms/item |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder, workplace() as settings, judge_server():
        os.environ["PREFECT_API_URL"] = ensure_server(settings).api_url
        os.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{PORT}/v1"
        os.environ["OPENAI_API_KEY"] = "none"
        for concurrency in options.concurrency:
            compare(settings, Path(folder), options.threads, concurrency, options.rounds)


if __name__ == "__main__":
    main()
