"""Speed of `evaluate-threads` beside plain asyncio loops: same SDK, same prompts, same local server, run in turn.

python -m benchmarks.evaluate_speed --threads 1000 --latency-ms 200 --concurrency 50 100
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
from tasks.evaluators.correctness_answer import CorrectnessAnswer
from tasks.evaluators.efficiency_answer import EfficiencyAnswer
from tasks.evaluators.intent_answer import IntentAnswer

PORT = 18374
TRANSPORTS = ("aiohttp", "httpx")
ANSWERS = {"intent": IntentAnswer, "correctness": CorrectnessAnswer, "efficiency": EfficiencyAnswer}
LONG_SECONDS = 20
HEAD = """\
| answer ms | concurrency | plain aiohttp calls/s | plain httpx calls/s | evalflows calls/s | ratio of times \
| plain CPU ms/call | evalflows CPU ms/call | plain MB | evalflows MB |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


@contextmanager
def judge_server(latency_seconds: float) -> Generator[None]:
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


def write_requests(settings: Settings, run_id: str, path: Path) -> int:
    """What the flow asked, as requests the plain loop can send; returns how many."""
    with psycopg.connect(database_url(settings, "read")) as connection:
        query = "SELECT method, system_prompt, prompt FROM api_logs WHERE run_id = %s ORDER BY item, method"
        calls = connection.execute(query, (run_id,)).fetchall()
    with path.open("w") as file:
        for method, system, prompt in calls:
            schema = {"name": method, "schema": ANSWERS[method].model_json_schema(), "strict": True}
            request = {
                "model": "bench",
                "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt}],
                "response_format": {"type": "json_schema", "json_schema": schema},
                "temperature": 0,
                "max_completion_tokens": 8192,
            }
            file.write(json.dumps(request) + "\n")
    return len(calls)


class Comparison:
    """Runs ours and the plain loops in turn, each in a process of its own."""

    def __init__(self, settings: Settings, folder: Path, threads: int, rounds: int) -> None:
        """Write the threads."""
        self._settings = settings
        self._source, self._requests = folder / "threads.csv", folder / "requests.jsonl"
        self._intents = folder / "intents.yaml"
        self._intents.write_text("- name: parcel\n  description: Where a parcel is.\n", "utf-8")
        write_source(self._source, threads)
        self._rounds = rounds

    def ours(self, concurrency: int) -> dict[str, Any]:
        """One run of the flow."""
        return measure("benchmarks.one_flow", self._source, "openai:bench", concurrency, self._intents)

    def prepare(self) -> int:
        """Run once, for the requests the plain loops send; returns how many there are."""
        return write_requests(self._settings, self.ours(100)["run_id"], self._requests)

    def print_row(self, latency_seconds: float, concurrency: int, calls: int) -> None:
        """Measure one cell of the grid and print its row."""
        ideal = calls * latency_seconds / concurrency
        results: dict[str, list[dict[str, Any]]] = {"ours": [], **{transport: [] for transport in TRANSPORTS}}
        for _ in range(1 if ideal > LONG_SECONDS else self._rounds):
            for transport in TRANSPORTS:
                results[transport].append(measure("benchmarks.plain_loop", self._requests, concurrency, transport))
            results["ours"].append(self.ours(concurrency))
        seconds = {name: middle(found, "seconds") for name, found in results.items()}
        fastest = min(TRANSPORTS, key=lambda transport: seconds[transport])
        cells = (
            f"{1000 * latency_seconds:.0f}",
            f"{concurrency}",
            *(f"{calls / seconds[name]:,.0f}" for name in (*TRANSPORTS, "ours")),
            f"{seconds['ours'] / seconds[fastest]:.2f}",
            *(f"{1000 * middle(results[name], 'cpu_seconds') / calls:.2f}" for name in (fastest, "ours")),
            *(f"{middle(results[name], 'peak_mb'):.0f}" for name in (fastest, "ours")),
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def middle(results: list[dict[str, Any]], name: str) -> float:
    """The median of one figure."""
    return statistics.median(result[name] for result in results)


def main() -> None:
    """Print the table of docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency-ms", type=int, nargs="*", default=[0, 50, 200])
    parser.add_argument("--concurrency", type=int, nargs="*", default=[10, 50, 100, 300])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, workplace() as settings:
        os.environ["PREFECT_API_URL"] = ensure_server(settings).api_url
        os.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{PORT}/v1"
        os.environ["OPENAI_API_KEY"] = "none"
        comparison = Comparison(settings, Path(folder), options.threads, options.rounds)
        with judge_server(0):
            calls = comparison.prepare()
        print(HEAD)
        for latency_ms in options.latency_ms:
            with judge_server(latency_ms / 1000):
                for concurrency in options.concurrency:
                    comparison.print_row(latency_ms / 1000, concurrency, calls)


if __name__ == "__main__":
    main()
