"""Nights and their suites: what is unfinished, and which earlier runs there are to compare with."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from storage.database import Database
from storage.queries.nights import (
    begin_night,
    close_night,
    earlier_runs,
    find_night,
    last_night,
    night_of_run,
    save_suite,
    settle_night,
    suites_of,
    unfinished_suites,
)
from storage.records.night import NightSuite
from storage.tables import EvalRunRow
from tests.storage.stored_runs import add_run

DONE = {"told": True}


@pytest.fixture
def plan() -> str:
    """A plan of this test alone: the nights of others stay."""
    return f"plan-{uuid4().hex[:8]}"


def on(day: int) -> date:
    return date(2026, 3, day)


async def add_suite(database: Database, plan: str, day: int, name: str = "new", **changed: Any) -> NightSuite:
    """A night with this suite in it."""
    fields = {"flow": "evaluate-threads", "app": "shop", "kind": "fresh", **changed}
    suite = NightSuite.model_validate({"plan": plan, "night": on(day), "suite": name, **fields})
    run_id = await add_run(database)
    async with database.transaction() as session:
        await begin_night(session, [suite], run_id)
        await save_suite(session, suite)
    return suite


async def ended_run(database: Database, items: int = 5, **changed: Any) -> UUID:
    """A run that has its snapshot."""
    run_id = await add_run(database, **changed)
    async with database.transaction() as session:
        ended = update(EvalRunRow).values(status="completed", items=items, snapshot_hash=f"{items} threads")
        await session.execute(ended.where(EvalRunRow.id == run_id))
    return run_id


async def test_suites_that_are_not_done_with_are_found_the_oldest_first(database: Database, plan: str) -> None:
    stopped = {"status": "skipped", "error": "stopped by the budget", "run_id": uuid4()}
    await add_suite(database, plan, 1, status="failed")
    await add_suite(database, plan, 3, "failed", status="failed", run_id=uuid4())
    await add_suite(database, plan, 3, "done", status="succeeded", run_id=uuid4(), comparison=DONE)
    await add_suite(database, plan, 3, "untold", status="succeeded", run_id=uuid4(), comparison={"told": False})
    await add_suite(database, plan, 4, "killed", status="succeeded", run_id=uuid4())
    await add_suite(database, plan, 4, "left-out", status="skipped", error="no longer in the plan")
    await add_suite(database, plan, 4, "stopped", **stopped)
    await add_suite(database, plan, 4, "waiting")
    await add_suite(database, plan, 5, "tonight")
    async with database.session() as session:
        found = await unfinished_suites(session, plan, on(2), on(5))
    assert [(suite.night.day, suite.suite) for suite in found] == [
        (3, "failed"),
        (3, "untold"),
        (4, "killed"),
        (4, "stopped"),
        (4, "waiting"),
    ]


async def test_a_night_that_is_begun_again_keeps_its_suites(database: Database, plan: str) -> None:
    run_id = uuid4()
    suite = await add_suite(database, plan, 1, status="running", run_id=run_id)
    again = await add_run(database)
    async with database.transaction() as session:
        fresh = suite.model_copy(update={"status": "waiting", "run_id": None})
        await begin_night(session, [fresh, fresh.model_copy(update={"suite": "added"})], again)
        rows = await suites_of(session, plan, on(1))
        night = await night_of_run(session, again)
    assert [(row.suite, row.status, row.run_id) for row in rows] == [
        ("added", "waiting", None),
        ("new", "running", run_id),
    ]
    assert (night.night, night.status) == (on(1), "running") if night else False


async def test_an_earlier_night_succeeds_once_its_last_suite_has(database: Database, plan: str) -> None:
    await add_suite(database, plan, 1, "first", status="succeeded")
    last = await add_suite(database, plan, 1, "last", status="failed")
    async with database.transaction() as session:
        await close_night(session, plan, on(1), "failed")
        await settle_night(session, plan, on(1))
        before = await find_night(session, plan, on(1))
        await save_suite(session, last.model_copy(update={"status": "succeeded"}))
        await settle_night(session, plan, on(1))
        after = await find_night(session, plan, on(1))
    assert (before.status if before else None, after.status if after else None) == ("failed", "succeeded")


async def test_earlier_runs_succeeded_had_threads_and_judged(database: Database, plan: str) -> None:
    kept = [await ended_run(database), await ended_run(database)]
    await add_suite(database, plan, 1, status="succeeded", run_id=kept[0])
    await add_suite(database, plan, 2, status="succeeded", run_id=kept[1])
    await add_suite(database, plan, 3, status="succeeded", run_id=await ended_run(database, items=0))
    await add_suite(database, plan, 4, status="failed", run_id=await ended_run(database))
    dry = await ended_run(database, params={"dry_run": True})
    await add_suite(database, plan, 5, status="succeeded", run_id=dry)
    await add_suite(database, plan, 6, status="succeeded", run_id=await ended_run(database), kind="fixed")
    await add_suite(database, plan, 6, "other", status="succeeded", run_id=await ended_run(database))
    tonight = await add_suite(database, plan, 7, status="succeeded", run_id=await ended_run(database))
    async with database.session() as session:
        found = await earlier_runs(session, tonight)
        assert await last_night(session, plan, on(6)) == on(5)
        assert await last_night(session, plan, on(1)) is None
    assert [run.run_id for run in found] == [kept[1], kept[0]]
    assert found[0].snapshot_hash == "5 threads"
