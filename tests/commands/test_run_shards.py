"""`--shards`: a run in child runs that a worker takes; what is killed is replaced, what is cancelled stops."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deployments.apply import apply
from deployments.local.environment import PROJECT_ROOT
from deployments.local.server import LocalServer
from settings import Settings
from storage.embedded import EmbeddedServer
from tests.fixtures.command import RunCommand, StartCommand
from tests.fixtures.database import database_copy
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads
from tests.waiting import wait_until

FLOW = ("run", "evaluate-threads")
POOL = "shards-of-tests"
CONCURRENCY = 10
PATIENCE_SECONDS = 120
FIGURES = ("status", "items", "completed", "unscored", "tokens", "metrics", "counts")


@pytest.fixture(scope="module")
def settings(embedded_server: EmbeddedServer, template_database: str) -> Iterator[Settings]:
    """One database for this file, which its worker has too."""
    with database_copy(embedded_server, template_database) as found:
        yield found


@pytest.fixture(scope="module")
def judge(settings: Settings) -> Iterator[LocalOpenAI]:
    """The judge of runs and worker."""
    server = LocalOpenAI()
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", server.root_url)
        patch.setenv("OPENAI_API_KEY", "test-key-for-a-local-server")
        patch.setenv("EVALFLOWS_PROGRESS_SECONDS", "0.5")
        yield server
    server.stop()


@pytest.fixture(scope="module")
def worker(judge: LocalOpenAI, prefect_server: LocalServer) -> Iterator[psutil.Process]:
    """A worker of the session's Prefect server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_API_URL", prefect_server.api_url)
        apply(pool=POOL)
    environment = {
        **os.environ,
        "PREFECT_API_URL": prefect_server.api_url,
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "EVALFLOWS_ROOT": str(PROJECT_ROOT),
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    command = [sys.executable, "-m", "deployments.process_worker", "start", "--pool", POOL, "--type", "process"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()


def judged(settings: Settings, run_id: str) -> list[dict[str, Any]]:
    """What the run found, but for when."""
    query = "SELECT thread_id, evaluator, repeat, verdict, score, reason FROM thread_evaluations WHERE run_id = %s"
    return rows(settings, f"{query} ORDER BY 1, 2, 3", run_id)


def shards(settings: Settings) -> list[dict[str, Any]]:
    """The shards of the newest run."""
    newest = "(SELECT id FROM eval_runs ORDER BY created_at DESC LIMIT 1)"
    return rows(settings, f"SELECT * FROM run_shards WHERE run_id = {newest} ORDER BY shard")


def shard_processes(worker: psutil.Process) -> list[psutil.Process]:
    return [child for child in worker.children() if child.status() != psutil.STATUS_ZOMBIE]


def state_of(server: LocalServer, run_id: object) -> dict[str, Any]:
    return httpx.get(f"{server.api_url}/flow_runs/{run_id}").raise_for_status().json()


def test_a_run_in_shards_finds_what_the_same_run_in_one_process_finds(
    worker: psutil.Process, prefect_server: LocalServer, run_command: RunCommand, settings: Settings, tmp_path: Path
) -> None:
    options = ("--source", write_threads(tmp_path / "few.csv", 50), "--judge", "rules", "--json")
    whole, split = run_command(*FLOW, *options), run_command(*FLOW, *options, "--shards", "8")
    assert split.code == 0, split
    assert {name: split.json[name] for name in FIGURES} == {name: whole.json[name] for name in FIGURES}
    assert judged(settings, split.json["run_id"]) == judged(settings, whole.json["run_id"])
    found = shards(settings)
    ranges = [(shard["start"], shard["stop"], shard["status"]) for shard in found]
    assert ranges == [(0, 25, "completed"), (25, 50, "completed")]
    names = [state_of(prefect_server, shard["flow_run_id"])["name"] for shard in found]
    assert names == [f"few.csv by rules, shard {number} of 2" for number in (1, 2)]


def test_a_shard_whose_process_is_killed_is_done_by_another_and_little_is_asked_twice(
    worker: psutil.Process,
    judge: LocalOpenAI,
    run_command: RunCommand,
    start_command: StartCommand,
    settings: Settings,
    tmp_path: Path,
) -> None:
    judge.latency_seconds = 0.3
    judge.answered.clear()
    source = write_threads(tmp_path / "some.csv", 100)
    options = ("--source", source, "--judge", "openai:any", "--concurrency", CONCURRENCY, "--shards", "2", "--json")
    before = judge.calls
    process = start_command(*FLOW, *map(str, options))
    assert wait_until(lambda: judge.calls > before + 100, PATIENCE_SECONDS)
    shard_processes(worker)[0].send_signal(signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, stderr
    judge.latency_seconds = 0
    assert '"status":"completed"' in stdout
    assert len(judged(settings, str(shards(settings)[0]["run_id"]))) == 300
    assert sorted(shard["attempt"] for shard in shards(settings)) == [1, 2]
    assert sum(judge.answered.values()) - len(judge.answered) <= CONCURRENCY
    found = rows(settings, "SELECT status, calls_lost_at_most FROM eval_runs ORDER BY created_at DESC LIMIT 1")
    assert found == [{"status": "completed", "calls_lost_at_most": CONCURRENCY}]


def test_cancelling_the_run_stops_its_shards_and_resuming_it_finishes_them(
    worker: psutil.Process,
    judge: LocalOpenAI,
    prefect_server: LocalServer,
    run_command: RunCommand,
    start_command: StartCommand,
    settings: Settings,
    tmp_path: Path,
) -> None:
    judge.latency_seconds = 0.3
    source = write_threads(tmp_path / "more.csv", 200)
    options = ("--source", source, "--judge", "openai:any", "--concurrency", "5", "--shards", "2", "--json")
    before = judge.calls
    process = start_command(*FLOW, *map(str, options))
    assert wait_until(lambda: judge.calls > before + 50, PATIENCE_SECONDS)
    judge.latency_seconds = 30  # so that no shard is done before the command is heard
    run_id = str(shards(settings)[0]["run_id"])
    children = [shard["flow_run_id"] for shard in shards(settings)]
    cancelled = run_command("runs", "cancel", run_id)
    assert cancelled.code == 0, cancelled
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert wait_until(
        lambda: all(state_of(prefect_server, id_)["state_type"] == "CANCELLED" for id_ in children), PATIENCE_SECONDS
    )
    asked, kept = judge.calls, len(judged(settings, run_id))
    judge.latency_seconds = 0
    resumed = run_command(*FLOW, "--resume", run_id, "--shards", "1", "--json")
    assert (resumed.code, resumed.json["completed"]) == (0, 200), resumed
    assert len(judged(settings, run_id)) == 600
    assert [shard["status"] for shard in shards(settings)] == ["completed"]
    assert judge.calls - asked <= 600 - kept + 10
