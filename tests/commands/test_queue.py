"""`evalflows run --queue`: queued, listed, cancelled, and taken by the worker of `evalflows up`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.states import Scheduled

from deployments.local.down import down
from deployments.local.server import LocalServer, server_status
from settings import Settings
from storage.embedded import embedded_status
from tests.commands.conftest import CallCommand
from tests.fixtures.command import RunCommand, StartCommand
from tests.fixtures.database import new_home, remove_home
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
PATIENCE_SECONDS = 60


def test_a_queued_run_is_listed_and_can_be_taken_out(
    run_command: RunCommand, call_command: CallCommand, settings: Settings, tmp_path: Path
) -> None:
    write_threads(tmp_path / "few.csv", 2)
    queued = run_command(*FLOW, "--source", "few.csv", "--queue", "--json")
    assert (queued.code, queued.json["status"], queued.stderr) == (0, "scheduled", "")
    run_id = queued.json["run_id"]
    assert rows(settings, "SELECT FROM eval_runs") == []
    for options in ((), ("--status", "scheduled"), ("--flow", "evaluate-threads")):
        assert run_id in call_command("runs", "list", *options).stdout
    assert run_id not in call_command("runs", "list", "--app", "default").stdout
    cancelled = call_command("runs", "cancel", run_id)
    assert (cancelled.code, "while it was queued" in cancelled.stdout) == (0, True)
    assert run_id not in call_command("runs", "list").stdout
    again = call_command("runs", "cancel", run_id)
    assert (again.code, "nothing to cancel" in again.stderr) == (1, True)


async def test_a_run_that_waits_for_its_retry_can_be_taken_out(
    run_command: RunCommand, prefect_server: LocalServer, settings: Settings, tmp_path: Path
) -> None:
    run_id = run_command(*FLOW, "--source", write_threads(tmp_path / "few.csv", 2), "--json").json["run_id"]
    async with get_client() as client:
        await client.set_flow_run_state(UUID(run_id), Scheduled(message="retried in the UI"), force=True)
    cancelled = run_command("runs", "cancel", run_id)
    assert (cancelled.code, "while it was queued" in cancelled.stdout) == (0, True), cancelled
    assert state_of(settings, run_id) == "Cancelled"
    assert rows(settings, "SELECT status FROM eval_runs") == [{"status": "completed"}]


@pytest.fixture
def up(start_command: StartCommand, model_server: LocalOpenAI, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """`evalflows up` in a home of its own; the judge is asked on the local model server."""
    home = new_home()
    monkeypatch.setenv("EVALFLOWS_HOME", str(home))
    monkeypatch.delenv("EVALFLOWS_DATABASE_URL", raising=False)
    settings = Settings(home=home)
    process = start_command("up")
    try:
        assert process.stdout is not None
        assert any("Ctrl-C stops everything" in line for line in process.stdout)
        yield settings
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
        assert (server_status(settings), embedded_status(settings)) == (None, None)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)
        down(settings)
        remove_home(home)


def state_of(settings: Settings, run_id: str) -> str:
    """What Prefect says of a run."""
    return httpx.get(f"{api_url(settings)}/flow_runs/{run_id}").raise_for_status().json()["state"]["name"]


def api_url(settings: Settings) -> str:
    """The Prefect API of a home."""
    server = server_status(settings)
    assert server is not None
    return server.api_url


def wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def test_the_worker_takes_queued_runs_and_a_cancel_reaches_it(
    up: Settings, run_command: RunCommand, model_server: LocalOpenAI, tmp_path: Path
) -> None:
    write_threads(tmp_path / "few.csv", 4)
    options = ("--source", "few.csv", "--judge", "openai:anything", "--queue", "--json")
    whole = run_command(*FLOW, *options).json["run_id"]
    assert wait_until(lambda: state_of(up, whole) in ("Completed", "Failed", "Crashed"))
    shown = run_command("runs", "show", whole, "--json").json
    assert (state_of(up, whole), shown["status"], shown["completed"]) == ("Completed", "completed", 4)
    assert shown["params"]["source"] == str(tmp_path / "few.csv")

    model_server.latency_seconds = 120
    before = model_server.calls
    stopped = run_command(*FLOW, *options).json["run_id"]
    assert wait_until(lambda: model_server.calls > before)
    cancelled = run_command("runs", "cancel", stopped)
    assert (cancelled.code, f"--resume {stopped}" in cancelled.stdout) == (0, True), cancelled
    assert run_command("runs", "show", stopped, "--json").json["status"] == "cancelled"
    assert wait_until(lambda: state_of(up, stopped) == "Cancelled")

    model_server.latency_seconds = 0
    retry = [Path(sys.executable).parent / "prefect", "flow-run", "retry", stopped]
    subprocess.run(retry, env={**os.environ, "PREFECT_API_URL": api_url(up)}, check=True, capture_output=True)
    assert wait_until(lambda: state_of(up, stopped) in ("Completed", "Failed", "Crashed"))
    retried = run_command("runs", "show", stopped, "--json").json
    assert (state_of(up, stopped), retried["status"], retried["completed"]) == ("Completed", "completed", 4)
