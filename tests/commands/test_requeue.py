"""`evalflows runs requeue`, and `runs list` of what waits for another try; no worker takes anything here."""

import asyncio
import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.states import AwaitingRetry, Failed, Running, Scheduled

from settings import Settings
from storage.database import Database, open_database
from storage.queries.runs import close_run
from storage.records import RunStatus
from tests.commands.conftest import CallCommand
from tests.storage.stored_runs import add_run


@pytest.fixture
def client(call_command: CallCommand) -> Iterator[SyncPrefectClient]:
    """The session's Prefect server."""
    with get_client(sync_client=True) as opened:
        yield opened


@pytest.fixture
def deployed(client: SyncPrefectClient) -> Iterator[UUID]:
    """A failed flow run of a deployment, which nothing listens to."""
    flow_id = client.create_flow_from_name("evaluate-threads")
    deployment = client.create_deployment(flow_id, f"of a test {uuid4()}")
    run = client.create_flow_run_from_deployment(deployment, state=Failed())
    yield run.id
    client.delete_flow_run(run.id)


def with_row(settings: Settings, run_id: UUID, status: RunStatus) -> None:
    """Put the run's row into Postgres."""

    async def write(database: Database) -> None:
        await add_run(database, run_id)
        if status != "running":
            async with database.transaction() as session:
                await close_run(session, run_id, status)

    async def do() -> None:
        database = await open_database(settings)
        await write(database)
        await database.close()

    asyncio.run(do())


@pytest.mark.parametrize("status", ["crashed", "completed_with_errors"])
def test_a_run_that_stopped_waits_again_under_its_id_and_is_listed_once(
    status: RunStatus, deployed: UUID, client: SyncPrefectClient, call_command: CallCommand, settings: Settings
) -> None:
    with_row(settings, deployed, status)
    done = call_command("runs", "requeue", str(deployed))
    assert (done.code, done.stderr, str(deployed) in done.stdout) == (0, "", True)
    state = client.read_flow_run(deployed).state
    assert state is not None
    assert state.is_scheduled()
    again = call_command("runs", "requeue", str(deployed))
    assert (again.code, "has not ended: Prefect says Scheduled" in again.stderr) == (2, True)

    def listed(*options: str) -> list[tuple[str, str]]:
        lines = call_command("runs", "list", *options, "--json").stdout.splitlines()
        return [(line["id"], line["status"]) for line in map(json.loads, lines)]

    waits = (str(deployed), "scheduled")
    assert [run for run in listed() if run[0] == waits[0]] == [waits]
    assert listed("--app", "shop") == [waits]
    assert waits in listed("--status", "scheduled")
    assert listed("--status", status) == listed("--offset", "1") == listed("--app", "bank") == []


def test_a_run_that_waits_for_prefects_retry_is_listed_once_until_it_runs(
    deployed: UUID, client: SyncPrefectClient, call_command: CallCommand, settings: Settings
) -> None:
    with_row(settings, deployed, "failed")
    client.set_flow_run_state(deployed, AwaitingRetry(), force=True)
    shown = [line for line in call_command("runs", "list").stdout.splitlines() if str(deployed) in line]
    assert len(shown) == 1
    assert "awaitingretry" in shown[0]


def test_what_cannot_be_queued_again_is_refused_in_one_line(
    deployed: UUID, client: SyncPrefectClient, call_command: CallCommand, settings: Settings
) -> None:
    unknown, done, nowhere = uuid4(), uuid4(), uuid4()
    flow_id = client.create_flow_from_name("evaluate-threads")
    made = client.request("POST", "/flow_runs/", json={"flow_id": str(flow_id), "state": {"type": "FAILED"}})
    by_hand = UUID(made.json()["id"])
    with_row(settings, by_hand, "failed")
    with_row(settings, unknown, "failed")
    with_row(settings, done, "completed")
    client.set_flow_run_state(deployed, Running(), force=True)
    for run, says in (
        (str(by_hand), f"go on with: evalflows run evaluate-threads --resume {by_hand}"),
        (str(unknown), "is unknown to the Prefect API"),
        (str(done), "is completed: nothing is left to do"),
        (str(nowhere), f"there is no run {nowhere}"),
        (str(deployed), "has not ended: Prefect says Running"),
        ("abc", "'abc' is not a run id"),
    ):
        refused = call_command("runs", "requeue", run)
        assert (refused.code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1), refused
        assert says in refused.stderr
    client.set_flow_run_state(deployed, Scheduled(), force=True)
