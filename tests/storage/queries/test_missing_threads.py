"""What a run still lacks: never judged, or unscored for a reason that may pass."""

from uuid import UUID

import pytest

from storage.database import Database
from storage.queries.evaluations import missing_threads
from storage.records import RETRYABLE
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_evaluation, make_thread

REASONS = (None, "infra", "budget", "target_failed", "judge_failed", "unparseable", "refused", "truncated")


async def missing(
    database: Database, run_id: UUID, start: int = 0, stop: int = 100, evaluator: str = "correctness", repeat: int = 0
) -> list[str]:
    async with database.session() as session:
        found = await missing_threads(session, run_id, evaluator, start, stop, repeat)
    return [item.thread_id for item in found]


@pytest.fixture
async def run_id(database: Database) -> UUID:
    """A run of t0 to t9, of which t0 to t8 have rows of every reason there is."""
    found = await add_run(database)
    await add_threads(database, [make_thread(f"t{n}") for n in range(10)], found)
    reasons = (*REASONS, "not_applicable")
    await add_evaluations(
        database, *(make_evaluation(found, f"t{n}", reason=reason) for n, reason in enumerate(reasons))
    )
    return found


async def test_threads_without_a_final_row_are_missing(database: Database, run_id: UUID) -> None:
    retryable = [f"t{n}" for n, reason in enumerate(REASONS) if reason in RETRYABLE]
    assert len(retryable) == 4
    assert await missing(database, run_id) == [*retryable, "t9"]


async def test_a_batch_sees_its_own_positions_only(database: Database, run_id: UUID) -> None:
    assert await missing(database, run_id, 1, 3) == ["t1", "t2"]
    assert await missing(database, run_id, 9, 10) == ["t9"]
    assert await missing(database, run_id, 5, 9) == []


async def test_another_evaluator_repeat_or_run_lacks_everything(database: Database, run_id: UUID) -> None:
    other = await add_run(database)
    await add_threads(database, [make_thread("t0")], other)
    assert len(await missing(database, run_id, evaluator="intent")) == 10
    assert len(await missing(database, run_id, repeat=1)) == 10
    assert await missing(database, other) == ["t0"]


async def test_nothing_is_missing_where_nothing_is_pinned(database: Database) -> None:
    assert await missing(database, await add_run(database)) == []
