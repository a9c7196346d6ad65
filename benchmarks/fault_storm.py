"""A fault storm: a judge that fails in every way, a process killed again and again, and nothing lost or paid twice.

python -m benchmarks.fault_storm --threads 1000 --kills 20
"""

import argparse
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from benchmarks.workplace import workplace, write_source
from deployments.local.server import ensure_server
from settings import Settings
from storage.database import database_url
from tests.servers.stormy_openai import CALM, StormyOpenAI

EVALFLOWS = Path(sys.executable).parent / "evalflows"
FLOW = ("run", "evaluate-threads")
QUICK = {
    "EVALFLOWS_CALL_ATTEMPTS": "12",
    "EVALFLOWS_CALL_BACKOFF_SECONDS": "0.02",
    "EVALFLOWS_CALL_BACKOFF_MAX_SECONDS": "0.2",
}
PATIENCE_SECONDS = 600
ROWS = """
    SELECT thread_id, evaluator, repeat, verdict, score, reason, result FROM thread_evaluations
    WHERE run_id = %s ORDER BY thread_id, evaluator, repeat
"""
COMMITTED = "SELECT request_hash, jsonb_array_length(attempts) AS tries FROM api_logs WHERE run_id = %s AND usable"


@dataclass
class Storm:
    """What a run went through, and what came of it.

    Attributes:
        units: Evaluator rows of the run.
        kills: How often its process was killed while it was asking.
        rows: Rows there are in the end; each should be one of the units.
        unscored: Rows without a score in the end.
        committed_asked_again: Answers that were committed at a kill and had another attempt after it.
        answered_twice: Calls the judge answered in full more than once.
        different: Rows that differ from those of an undisturbed run.
        calls: Calls the judge had; an undisturbed run has as many as it has answers.
    """

    units: int
    kills: int = 0
    rows: int = 0
    unscored: int = 0
    committed_asked_again: int = 0
    answered_twice: int = 0
    different: int = 0
    calls: int = 0
    calls_undisturbed: int = 0
    seconds: float = 0.0
    committed: dict[str, int] = field(default_factory=dict[str, int], repr=False)


def query(settings: Settings, statement: str, *parameters: object) -> list[dict[str, Any]]:
    """Rows, as the read role sees them."""
    with psycopg.connect(database_url(settings, "read")) as connection:
        return connection.cursor(row_factory=dict_row).execute(statement.encode(), parameters).fetchall()


def start(arguments: Sequence[object], folder: Path) -> "subprocess.Popen[str]":
    """Start the command in a process group of its own."""
    return subprocess.Popen(
        [EVALFLOWS, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, **QUICK},
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Wait for the command; returns the JSON of its last line."""
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    if process.returncode:
        raise SystemExit(f"the run failed with {process.returncode}:\n{stdout}{stderr}")
    return json.loads(stdout.strip().splitlines()[-1])


def kill_while_asking(process: "subprocess.Popen[str]", server: StormyOpenAI, after_seconds: float) -> bool:
    """Kill the process group some time after it began to ask; False where it was done before."""
    before, until = server.calls, time.monotonic() + PATIENCE_SECONDS
    while server.calls == before and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(after_seconds)
    killed = process.poll() is None
    if killed:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return killed


def weather_a_storm(
    settings: Settings, folder: Path, *, threads: int, kills: int, concurrency: int, longest_life: float, seed: int = 1
) -> Storm:
    """Run through the storm with kills, then undisturbed, and compare; the database and Prefect are the environment's.

    Args:
        settings: Of the database.
        folder: An empty folder.
        threads: Threads, each judged by two evaluators.
        kills: How often to kill the process.
        concurrency: Calls on the wire.
        longest_life: Most seconds a process lives after it began to ask.
        seed: Of the instants of the kills.
    """
    instants, storm, began = random.Random(seed), Storm(units=2 * threads), time.monotonic()
    server = StormyOpenAI(latency_seconds=0.05)
    server.start()
    os.environ |= {"OPENAI_BASE_URL": server.root_url, "OPENAI_API_KEY": "none"}
    source = folder / "threads.csv"
    write_source(source, threads)
    asked = ("--judge", "openai:storm", "--evaluators", "correctness", "efficiency", "--concurrency", concurrency)
    new = (*FLOW, "--source", source, *asked, "--json")
    process, run_id = start(new, folder), ""
    while storm.kills < kills and kill_while_asking(process, server, instants.uniform(0, longest_life)):
        storm.kills += 1
        run_id = str(query(settings, "SELECT id FROM eval_runs ORDER BY created_at LIMIT 1")[0]["id"])
        count_asked_again(settings, run_id, storm)
        process = start((*FLOW, "--resume", run_id, "--json"), folder)
    run_id = finish(process)["run_id"]
    count_asked_again(settings, run_id, storm)
    storm.calls = server.calls
    storm.answered_twice = sum(times - 1 for times in server.answered.values())
    server.weather, server.answered, calls = CALM, type(server.answered)(), server.calls
    calm_id = finish(start(new, folder))["run_id"]
    storm.calls_undisturbed = server.calls - calls
    compare(query(settings, ROWS, run_id), query(settings, ROWS, calm_id), storm)
    server.stop()
    storm.seconds = round(time.monotonic() - began, 1)
    return storm


def count_asked_again(settings: Settings, run_id: str, storm: Storm) -> None:
    """Look whether what was committed at the last look has had another attempt since."""
    now = {row["request_hash"]: row["tries"] for row in query(settings, COMMITTED, run_id)}
    storm.committed_asked_again += sum(now[key] != tries for key, tries in storm.committed.items())
    storm.committed = now


def compare(stormy: list[dict[str, Any]], calm: list[dict[str, Any]], storm: Storm) -> None:
    """Count rows, those without a score, and those that differ."""
    storm.rows = len(stormy)
    storm.unscored = sum(row["reason"] is not None for row in stormy)
    storm.different = sum(one != other for one, other in zip(stormy, calm, strict=True))


def main() -> None:
    """Weather one storm and print what came of it; fails where anything was lost or paid twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--concurrency", type=int, default=20)
    parser.add_argument("--longest-life", type=float, default=2.0)
    options = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the judge loses its clients: that is the point
    with tempfile.TemporaryDirectory() as folder, workplace() as settings:
        os.environ["PREFECT_API_URL"] = ensure_server(settings).api_url
        storm = weather_a_storm(settings, Path(folder), **vars(options))
    for name, value in asdict(storm).items():
        if name != "committed":
            print(f"| {name.replace('_', ' ')} | {value} |")
    assert (storm.rows, storm.unscored, storm.different) == (storm.units, 0, 0)
    assert storm.committed_asked_again == 0
    assert storm.answered_twice <= storm.kills * options.concurrency


if __name__ == "__main__":
    main()
