"""Which threads are evaluated already, and which are pending or stale."""

from typing import Any

import pytest

from storage.database import Database
from storage.queries.fresh import Settling, only_fresh, settled_threads
from storage.queries.snapshots import pin_stored_threads
from storage.queries.threads import current_threads
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_evaluation, make_thread

THREAD = make_thread("t0")
WANTED = Settling(app="shop", judge="rules", versions={"intent": "1", "correctness": "1"})


async def evaluate(database: Database, evaluators: tuple[str, ...] = ("intent", "correctness"), **changed: Any) -> None:
    """Rows of one run on the thread."""
    run_fields = {name: changed.pop(name) for name in ("app", "versions") if name in changed}
    run_id = await add_run(database, **run_fields)
    rows = {"content_hash": THREAD.content_hash, **changed}
    await add_evaluations(database, *(make_evaluation(run_id, evaluator=name, **rows) for name in evaluators))


async def is_settled(database: Database, wanted: Settling = WANTED) -> bool:
    """What both queries say of the thread, which must be the same."""
    key = (THREAD.external_id, THREAD.content_hash)
    async with database.session() as session:
        settled = key in await settled_threads(session, wanted, [key, ("unknown", "hash")])
    run_id = await add_run(database)
    async with database.transaction() as session:
        pinned = await pin_stored_threads(session, run_id, only_fresh(current_threads("shop"), wanted))
    assert pinned.threads == (0 if settled else 1)
    return settled


@pytest.fixture
async def stored(database: Database) -> Database:
    """A database that knows the thread."""
    await add_threads(database, [THREAD])
    return database


async def test_a_thread_with_a_final_row_of_each_evaluator_is_evaluated(stored: Database) -> None:
    assert not await is_settled(stored)
    await evaluate(stored, ("intent",))
    assert not await is_settled(stored)
    await evaluate(stored, ("correctness",), reason="unparseable", detail="?")
    assert await is_settled(stored)


@pytest.mark.parametrize(
    "changed",
    [
        {"evaluator_version": "0"},
        {"judge": "openai:small"},
        {"content_hash": "what it was before"},
        {"reason": "infra", "detail": "no answer"},
        {"app": "bank"},
        {"versions": {"correctness": "1", "options": "other intents"}},
    ],
)
async def test_a_row_that_is_not_of_the_same_making_leaves_it_pending_or_stale(
    stored: Database, changed: dict[str, Any]
) -> None:
    await evaluate(stored, **changed)
    assert not await is_settled(stored)


async def test_each_repeat_asked_for_must_be_there(stored: Database) -> None:
    twice = WANTED.model_copy(update={"repeats": 2})
    await evaluate(stored)
    assert not await is_settled(stored, twice)
    await evaluate(stored, repeat=1)
    assert await is_settled(stored, twice)
