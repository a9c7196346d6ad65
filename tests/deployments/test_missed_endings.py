"""What Prefect is told of a run whose end it missed."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType

from deployments.lost_runs import missed_ending
from storage.records import Run, RunStatus

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
