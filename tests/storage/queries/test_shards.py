"""Rows of `run_shards`: written, given to a child, reported on by that child only, taken away; and what is missing."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from storage.database import Database
from storage.queries.missing_ranges import missing_ranges
from storage.queries.runs import close_run, find_run, request_cancel
from storage.queries.shards import (
    Shard,
    add_lost_calls,
    assign_shard,
    held_shards,
    list_shards,
    offer_shard,
    report_shard,
    shard_lock,
    withdraw_shards,
    write_shards,
)
from storage.records import RunStatus
from storage.run_lock import RunLock
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_evaluation, make_thread

CHILD, ANOTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
async def run_id(database: Database) -> UUID:
    """A run in two shards, the first of them given to a child."""
    run_id = await add_run(database)
    async with database.transaction() as session:
        await write_shards(session, run_id, [range(10), range(10, 30)])
        await assign_shard(session, run_id, 1, CHILD)
    return run_id


async def shards(database: Database, run_id: UUID) -> list[Shard]:
    async with database.session() as session:
        return await list_shards(session, run_id)


async def report(database: Database, run_id: UUID, child: UUID = CHILD, done: int = 5) -> bool:
    async with database.transaction() as session:
        return await report_shard(session, run_id, 1, child, done=done, total=10)


async def test_only_the_child_it_was_given_to_reports_on_a_shard(database: Database, run_id: UUID) -> None:
    assert await report(database, run_id)
    assert not await report(database, run_id, ANOTHER, done=7)
    first, second = await shards(database, run_id)
    assert (first.status, first.done, first.total, first.start, first.stop) == ("running", 5, 10, 0, 10)
    assert (second.flow_run_id, second.status, second.attempt) == (None, "waiting", 1)
    async with database.transaction() as session:
        await offer_shard(session, run_id, 1, 2)
    assert not await report(database, run_id)
    first, _ = await shards(database, run_id)
    assert (first.flow_run_id, first.status, first.attempt, first.done) == (None, "waiting", 2, 0)


@pytest.mark.parametrize(("status", "goes_on"), [("crashed", True), ("cancelled", False), ("completed", False)])
async def test_a_child_goes_on_when_its_parent_was_killed_and_stops_when_the_run_has_ended(
    database: Database, run_id: UUID, status: RunStatus, goes_on: bool
) -> None:
    async with database.transaction() as session:
        await close_run(session, run_id, status)
    assert await report(database, run_id) is goes_on


async def test_a_child_stops_when_the_run_is_to_be_cancelled_and_when_its_shard_is_withdrawn(
    database: Database, run_id: UUID
) -> None:
    assert await report(database, run_id)
    async with database.transaction() as session:
        assert await withdraw_shards(session, run_id) == 1
    assert not await report(database, run_id)
    async with database.transaction() as session:
        await assign_shard(session, run_id, 1, CHILD)
    assert await report(database, run_id)
    async with database.transaction() as session:
        await request_cancel(session, run_id)
    assert not await report(database, run_id)


async def test_a_shard_is_seen_to_be_held_while_a_process_has_its_lock(database: Database, run_id: UUID) -> None:
    lock = RunLock(database.engine, shard_lock(run_id, 2))
    assert await lock.acquire()
    async with database.session() as session:
        assert await held_shards(session, run_id, [1, 2]) == {2}
    await lock.release()
    async with database.session() as session:
        assert await held_shards(session, run_id, [1, 2]) == set()


async def test_calls_of_lost_children_add_up(database: Database, run_id: UUID) -> None:
    async with database.transaction() as session:
        await add_lost_calls(session, run_id, 20)
        await add_lost_calls(session, run_id, 20)
        run = await find_run(session, run_id)
    assert run is not None
    assert run.calls_lost_at_most == 40


async def test_what_is_missing_is_cut_into_ranges_of_as_many_missing_threads(database: Database) -> None:
    run_id = await add_run(database, uuid4())
    await add_threads(database, [make_thread(f"t{number}") for number in range(20)], run_id)

    async def cut(ranges: int, smallest: int = 1) -> list[range]:
        async with database.session() as session:
            return await missing_ranges(session, run_id, ["correctness"], 1, ranges, smallest)

    assert await cut(4) == [range(5), range(5, 10), range(10, 15), range(15, 20)]
    assert await cut(100, smallest=8) == [range(7), range(7, 14), range(14, 20)]
    done = [make_evaluation(run_id, f"t{number}") for number in range(3, 13)]
    await add_evaluations(database, *done, make_evaluation(run_id, "t0", reason="infra"))
    assert await cut(2) == [range(15), range(15, 20)]
    later = datetime(2026, 3, 2, tzinfo=UTC)
    left = (*range(3), *range(13, 20))
    await add_evaluations(database, *(make_evaluation(run_id, f"t{number}", created_at=later) for number in left))
    assert await cut(2) == []
