"""When a run that is waited for is over."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed, Pending, Running, Scheduled

from storage.records import Run, RunStatus
from tasks.errors import RunRefused
from tasks.wait import LOST_SECONDS, RunNotFound, has_ended, refuse_unopened

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(seconds=LOST_SECONDS + 1)


def run(status: RunStatus, finished_at: datetime | None = NOW) -> Run:
    return Run(
        id=uuid4(),
        flow="evaluate-threads",
        app="shop",
        status=status,
        judge_provider="rules",
        params={},
        versions={},
        created_at=NOW,
        finished_at=None if status == "running" else finished_at,
    )


def at(state: State[Any], when: datetime = NOW) -> State[Any]:
    return state.model_copy(update={"timestamp": when})


@pytest.mark.parametrize(
    ("found", "state", "over"),
    [
        (run("running"), Running(), False),
        (run("running"), Failed(), False),
        (run("completed"), Completed(), True),
        (run("completed"), None, True),
        (run("failed"), Scheduled(), False),  # Retry was pressed
        (run("failed"), Pending(), False),
        (run("failed"), at(Running()), False),  # a retry begins, or the ending is not told yet
        (run("completed", LONG_AGO), at(Running(), LONG_AGO), True),  # its host was lost before it could tell
        (run("failed", LONG_AGO), at(Running()), False),
    ],
)
def test_a_run_is_over_when_its_row_is_and_prefect_will_not_try_again(
    found: Run, state: State[Any] | None, over: bool
) -> None:
    assert has_ended(found, state, NOW) is over


def test_a_run_that_never_was_or_never_began_is_not_waited_for() -> None:
    run_id = uuid4()
    with pytest.raises(RunNotFound, match=f"there is no run {run_id}"):
        refuse_unopened(run_id, None)
    with pytest.raises(RunRefused, match="ended before it was opened: Cancelled: while queued"):
        refuse_unopened(run_id, Cancelled(message="while queued"))
    refuse_unopened(run_id, Scheduled())
