"""What Prefect is told of a run whose end it missed."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Running

from deployments import lost_runs
from deployments.flow_list import load_flow
from deployments.local.server import LocalServer
from deployments.lost_runs import mark_lost, missed_ending
from storage.database import Database
from storage.queries.runs import close_run
from storage.records import Run, RunStatus
from tests.storage.stored_runs import add_run

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BEFORE, AFTER = -1, 1


def flow_run(kind: StateType, minutes: int) -> FlowRun:
    """One that Prefect saw enter this state so many minutes after noon."""
    state = State[object](type=kind).model_copy(update={"timestamp": NOON + timedelta(minutes=minutes)})
    return FlowRun(id=uuid4(), flow_id=uuid4(), state=state)


def ended(status: RunStatus) -> Run:
    """A run that ended at noon; `running` has not."""
    fields: dict[str, object] = {
        "flow": "evaluate-threads",
        "app": "shop",
        "judge_provider": "rules",
        "params": {},
        "versions": {},
    }
    ending = None if status == "running" else NOON
    return Run.model_validate({"id": uuid4(), **fields, "status": status, "created_at": NOON, "finished_at": ending})


@pytest.mark.parametrize(
    ("kind", "minutes", "status", "told"),
    [
        (StateType.RUNNING, BEFORE, "completed", StateType.COMPLETED),
        (StateType.RUNNING, BEFORE, "completed_with_errors", StateType.COMPLETED),
        (StateType.RUNNING, BEFORE, "failed", StateType.FAILED),
        (StateType.CRASHED, AFTER, "cancelled", StateType.CANCELLED),
        (StateType.CRASHED, AFTER, "completed", StateType.COMPLETED),
        (StateType.CANCELLING, AFTER, "cancelled", StateType.CANCELLED),
        (StateType.FAILED, AFTER, "completed", StateType.COMPLETED),
        (StateType.FAILED, AFTER, "completed_with_errors", StateType.COMPLETED),
        (StateType.FAILED, AFTER, "failed", None),
        (StateType.FAILED, AFTER, "cancelled", None),
        (StateType.CRASHED, AFTER, "crashed", None),
        (StateType.RUNNING, AFTER, "cancelled", None),
        (StateType.RUNNING, BEFORE, "running", None),
    ],
)
def test_prefect_is_told_the_ending_it_missed_and_a_run_that_began_again_is_left_alone(
    kind: StateType, minutes: int, status: RunStatus, told: StateType | None
) -> None:
    state = missed_ending(flow_run(kind, minutes), ended(status))
    assert (state and state.type) == told


async def test_every_run_is_told_of_however_many_there_are(
    database: Database, prefect_server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_runs, "PAGE", 2)
    flow = load_flow("evaluate-threads")
    parameters = {"source": "threads.csv"}
    async with get_client() as client:
        made = [await client.create_flow_run(flow, parameters=parameters, state=Running()) for _ in range(5)]
        for flow_run in made[:4]:
            await add_run(database, flow_run.id)
            async with database.transaction() as session:
                await close_run(session, flow_run.id, "completed")
        await mark_lost(database)
        told = [await client.read_flow_run(flow_run.id) for flow_run in made]
        assert [run.state and run.state.type for run in told] == 4 * [StateType.COMPLETED] + [StateType.RUNNING]
        await client.delete_flow_run(made[4].id)
