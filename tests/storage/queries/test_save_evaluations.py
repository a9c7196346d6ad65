"""Rows of `thread_evaluations`: which may be replaced, and what is kept of those that were."""

from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import JsonValue

from storage.database import Database
from storage.queries.evaluations import StoredEvaluation, list_evaluations, save_evaluations
from storage.records import RETRYABLE, UnscoredReason
from tests.storage.stored_runs import NOON, add_evaluations, add_run, add_threads, make_evaluation, make_thread

LATER = NOON + timedelta(minutes=1)


@pytest.fixture
async def run_id(database: Database) -> UUID:
    """A run of the threads t0 and t1."""
    found = await add_run(database)
    await add_threads(database, [make_thread("t0"), make_thread("t1")], found)
    return found


async def stored(database: Database, run_id: UUID) -> list[StoredEvaluation]:
    async with database.session() as session:
        return list((await list_evaluations(session, run_id, limit=0)).items)


async def test_a_row_comes_back_as_it_was_saved(database: Database, run_id: UUID) -> None:
    result: dict[str, JsonValue] = {
        "messages": [{"index": 1, "reasoning": "caf\u00e9 \U0001f600 \\u0000 {}", "evidence": []}],
        "n": 0.1,
    }
    saved = make_evaluation(run_id, evaluator="intent", verdict=None, score=0.25, result=result, repeat=3)
    await add_evaluations(database, saved)
    (row,) = await stored(database, run_id)
    assert row.model_dump(exclude={"tries"}) == saved.model_dump()
    assert row.tries == ()


async def test_the_first_write_of_a_scored_row_wins(database: Database, run_id: UUID) -> None:
    first = make_evaluation(run_id)
    await add_evaluations(database, first)
    for late in (
        make_evaluation(run_id, verdict="CRITICAL", created_at=LATER),
        make_evaluation(run_id, reason="infra", created_at=LATER),
    ):
        await add_evaluations(database, late)
    (row,) = await stored(database, run_id)
    assert row.model_dump(exclude={"tries"}) == first.model_dump()
    assert row.tries == ()


async def test_of_two_rows_saved_together_the_first_wins(database: Database, run_id: UUID) -> None:
    await add_evaluations(database, make_evaluation(run_id), make_evaluation(run_id, verdict="CRITICAL"))
    assert [row.verdict for row in await stored(database, run_id)] == ["PASS"]


@pytest.mark.parametrize("reason", sorted(RETRYABLE))
async def test_a_row_unscored_for_a_passing_reason_is_replaced_and_its_try_kept(
    reason: UnscoredReason, database: Database, run_id: UUID
) -> None:
    await add_evaluations(database, make_evaluation(run_id, reason=reason, detail="first"))
    await add_evaluations(database, make_evaluation(run_id, reason="infra", detail="second", created_at=LATER))
    last = make_evaluation(run_id, verdict="SOFT FAIL", judge="openai:small", created_at=LATER + timedelta(minutes=1))
    await add_evaluations(database, last)
    (row,) = await stored(database, run_id)
    assert row.model_dump(exclude={"tries"}) == last.model_dump()
    assert [(tried["reason"], tried["detail"]) for tried in row.tries] == [(reason, "first"), ("infra", "second")]
    assert row.tries[0]["at"].startswith("2026-03-01T12:00:00")


@pytest.mark.parametrize("reason", ["not_applicable", "unparseable", "refused", "truncated"])
async def test_a_row_unscored_for_good_is_not_replaced(
    reason: UnscoredReason, database: Database, run_id: UUID
) -> None:
    await add_evaluations(database, make_evaluation(run_id, reason=reason, detail="first"))
    await add_evaluations(database, make_evaluation(run_id, created_at=LATER))
    (row,) = await stored(database, run_id)
    assert (row.reason, row.verdict, row.detail, row.tries) == (reason, None, "first", ())


async def test_a_try_that_is_saved_twice_is_one_try(database: Database, run_id: UUID) -> None:
    failed = make_evaluation(run_id, reason="infra", detail="once")
    await add_evaluations(database, failed)
    await add_evaluations(database, failed)  # a commit that broke off may have been carried out, so it is repeated
    (row,) = await stored(database, run_id)
    assert row.tries == ()


async def test_rows_of_other_threads_evaluators_repeats_and_runs_are_their_own(
    database: Database, run_id: UUID
) -> None:
    other_run = await add_run(database)
    await add_threads(database, [make_thread("t0")], other_run)
    rows = [
        make_evaluation(run_id),
        make_evaluation(run_id, "t1"),
        make_evaluation(run_id, evaluator="efficiency", verdict="BROKEN"),
        make_evaluation(run_id, repeat=1),
        make_evaluation(other_run, verdict="CRITICAL"),
    ]
    await add_evaluations(database, *rows)
    assert len(await stored(database, run_id)) == 4
    assert [row.verdict for row in await stored(database, other_run)] == ["CRITICAL"]


async def test_nothing_to_save_is_fine(database: Database) -> None:
    async with database.transaction() as session:
        await save_evaluations(session, [])


async def test_rows_are_listed_by_position_and_only_those_asked_for(database: Database, run_id: UUID) -> None:
    await add_evaluations(
        database,
        *(
            make_evaluation(run_id, thread, evaluator=name)
            for thread in ("t1", "t0")
            for name in ("intent", "correctness")
        ),
    )
    async with database.session() as session:
        first = await list_evaluations(session, run_id, limit=3)
        rest = await list_evaluations(session, run_id, limit=3, offset=3)
        of_one = await list_evaluations(session, run_id, thread_ids=["t1", "t9"], evaluator="intent")
        of_none = await list_evaluations(session, run_id, thread_ids=[])
    named = [(row.thread_id, row.evaluator) for row in (*first.items, *rest.items)]
    assert named == [("t0", "correctness"), ("t0", "intent"), ("t1", "correctness"), ("t1", "intent")]
    assert (first.total, rest.total, of_none.total) == (4, 4, 0)
    assert [(row.thread_id, row.evaluator) for row in of_one.items] == [("t1", "intent")]
