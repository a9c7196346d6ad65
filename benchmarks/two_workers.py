"""One run in shards by one worker, by two, and by two of which one is killed halfway: throughput, and equal results.

python -m benchmarks.two_workers --threads 2000 --latency-seconds 4 --shards 6

The workers have homes of their own, as on two hosts, and share the database, the Prefect API and the model. Each works
on one shard at a time.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from benchmarks.workplace import workplace, write_source
from deployments.local.environment import PROJECT_ROOT
from deployments.local.server import ensure_server
from settings import Settings
from storage.embedded import start_embedded
from tests.servers.local_openai import LocalOpenAI

POOL = "two-workers"
"""A pool of its own: a stray worker of another server that had this one's port takes nothing from it."""

EVALFLOWS = Path(sys.executable).parent / "evalflows"
CONCURRENCY = 20
LOST_SECONDS = 20
HEAD = """\
| workers | seconds | seconds of evaluation | calls/s | rows | asked twice | attempts of shards |
| --- | --- | --- | --- | --- | --- | --- |"""

ROWS = """
    SELECT thread_id, evaluator, repeat, verdict, score, reason FROM thread_evaluations
    WHERE run_id = %s ORDER BY 1, 2, 3
"""


@dataclass
class Measured:
    """One run.

    Attributes:
        seconds: Of the whole command.
        phase_seconds: From the first row to the last.
        rows: What it found.
        asked_twice: Calls the judge answered more than once.
        attempts: Of each shard.
    """

    seconds: float
    phase_seconds: float
    rows: list[Any]
    asked_twice: int
    attempts: list[int]

    @property
    def rate(self) -> float:
        """Results a second while it evaluated."""
        return len(self.rows) / self.phase_seconds

    def line(self, workers: str) -> str:
        """A row of the table."""
        cells = (workers, f"{self.seconds:.0f}", f"{self.phase_seconds:.0f}", f"{self.rate:.1f}")
        counts = (len(self.rows), self.asked_twice, " ".join(map(str, self.attempts)))
        return f"| {' | '.join(map(str, (*cells, *counts)))} |"


@contextmanager
def worker(name: str) -> Generator[psutil.Process]:
    """A worker with a home of its own; it and its runs are killed at the end."""
    with tempfile.TemporaryDirectory(prefix=f"evalflows-{name}-", ignore_cleanup_errors=True) as home:
        environment = {
            **os.environ,
            "EVALFLOWS_HOME": home,
            "EVALFLOWS_ROOT": str(PROJECT_ROOT),
            "PREFECT_HOME": f"{home}/prefect",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        command = ["-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--limit", "1"]
        process = subprocess.Popen(
            [sys.executable, *command, "--name", name],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield psutil.Process(process.pid)
        finally:
            if process.poll() is None:
                lose(psutil.Process(process.pid))
            process.wait()


def lose(process: psutil.Process) -> None:
    """Kill a worker and its runs at once, as a host that loses its power does."""
    gone = [process, *process.children(recursive=True)]
    for each in gone:
        each.suspend()
    for each in gone:
        each.send_signal(signal.SIGKILL)


class Bench:
    """The same run, again and again."""

    def __init__(self, settings: Settings, server: LocalOpenAI, source: Path, threads: int, shards: int) -> None:
        """Nothing has run yet."""
        self._server = server
        self._threads = threads
        self._command = [
            *(EVALFLOWS, "run", "evaluate-threads", "--source", source, "--judge", "openai:bench", "--json"),
            *("--evaluators", "correctness", "--concurrency", CONCURRENCY, "--shards", shards),
        ]
        assert settings.database_url is not None
        self._database = psycopg.connect(settings.database_url.get_secret_value(), autocommit=True)

    def run(self, *, kill_halfway: psutil.Process | None = None) -> Measured:
        """Run once; where a worker is named, it is killed when half of the results are there."""
        self._server.answered.clear()
        begun = time.monotonic()
        process = subprocess.Popen(list(map(str, self._command)), stdout=subprocess.PIPE, text=True)
        if kill_halfway is not None:
            while sum(self._server.answered.values()) < self._threads / 2:
                time.sleep(0.1)
            lose(kill_halfway)
        stdout, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"the run failed: {stdout}")
        summary = json.loads(stdout.splitlines()[-1])
        assert summary["completed"] == self._threads, summary
        return self._measure(summary["run_id"], time.monotonic() - begun)

    def _measure(self, run_id: str, seconds: float) -> Measured:
        def ask(query: str) -> list[Any]:
            return self._database.execute(query.encode(), (run_id,)).fetchall()

        took = "SELECT extract(epoch FROM max(created_at) - min(created_at)) FROM thread_evaluations WHERE run_id = %s"
        answered = self._server.answered
        return Measured(
            seconds=seconds,
            phase_seconds=float(ask(took)[0][0]),
            rows=ask(ROWS),
            asked_twice=sum(answered.values()) - len(answered),
            attempts=[attempt for (attempt,) in ask("SELECT attempt FROM run_shards WHERE run_id = %s ORDER BY shard")],
        )


def prepare(server: LocalOpenAI) -> Settings:
    """Start database and Prefect server, apply the deployments, tell all of that to the children of this process."""
    settings = Settings()
    os.environ["EVALFLOWS_DATABASE_URL"] = start_embedded(settings).url("owner")
    os.environ["EVALFLOWS_SHARD_LOST_SECONDS"] = str(LOST_SECONDS)
    os.environ["PREFECT_API_URL"] = ensure_server(settings).api_url
    os.environ["OPENAI_BASE_URL"] = server.root_url
    os.environ["OPENAI_API_KEY"] = "none"
    subprocess.run([sys.executable, "-m", "deployments.apply", "--pool", POOL], check=True, capture_output=True)
    return Settings()


def main() -> None:
    """Print the table of docs/sharding.md; say so where results differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2000)
    parser.add_argument("--latency-seconds", type=float, default=4)
    parser.add_argument("--shards", type=int, default=6)
    options = parser.parse_args()
    server = LocalOpenAI(latency_seconds=options.latency_seconds)
    server.start()
    with tempfile.TemporaryDirectory() as folder, workplace(), ExitStack() as workers:
        source = Path(folder) / "threads.csv"
        write_source(source, options.threads, turns=1)
        bench = Bench(prepare(server), server, source, options.threads, options.shards)
        print(HEAD)
        workers.enter_context(worker("first"))
        one = bench.run()
        print(one.line("1"), flush=True)
        second = workers.enter_context(worker("second"))
        two = bench.run()
        print(two.line("2"), flush=True)
        killed = bench.run(kill_halfway=second)
        print(killed.line("2, one killed halfway"), flush=True)
    server.stop()
    print(f"two workers: {two.rate / one.rate:.2f} times one")
    print("results are equal" if one.rows == two.rows == killed.rows else "RESULTS DIFFER")


if __name__ == "__main__":
    main()
