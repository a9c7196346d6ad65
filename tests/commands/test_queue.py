"""`evalflows run --queue`: queued, listed, cancelled before a worker has taken it."""

from pathlib import Path
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.states import Scheduled

from deployments.local.server import LocalServer, server_status
from settings import Settings
from tests.commands.conftest import CallCommand
from tests.fixtures.command import RunCommand
from tests.rows import rows
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")


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


def state_of(settings: Settings, run_id: str) -> str:
    """What Prefect says of a run."""
    return httpx.get(f"{api_url(settings)}/flow_runs/{run_id}").raise_for_status().json()["state"]["name"]


def api_url(settings: Settings) -> str:
    """The Prefect API of a home."""
    server = server_status(settings)
    assert server is not None
    return server.api_url
