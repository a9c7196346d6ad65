"""The lock of a live run: one holder, kept through a lost connection, given up to nobody by accident."""

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from settings import Settings
from storage.database import Database
from storage.run_lock import RunLock

HOLDERS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"


async def end_holders(settings: Settings, database: Database) -> None:
    """End every connection that holds a lock, as a network that fails does."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value().replace("evalflows_owner@", "postgres@")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as other:
        ended = await other.execute(f"SELECT pg_terminate_backend(pid, 10000) FROM ({HOLDERS}) AS holder")
        assert await ended.fetchall() == [(True,)]


async def test_a_run_has_one_holder_until_it_lets_go(database: Database) -> None:
    run_id = uuid4()
    first, second = RunLock(database.engine, run_id), RunLock(database.engine, run_id)
    assert await first.acquire()
    assert not await second.acquire()
    assert not await second.keep()
    assert await first.keep()
    await second.release()
    assert not await second.acquire()
    await first.release()
    assert await second.acquire()
    await second.release()


async def test_runs_do_not_hinder_each_other(database: Database) -> None:
    locks = [RunLock(database.engine, uuid4()) for _ in range(3)]
    assert [await lock.acquire() for lock in locks] == [True] * 3
    for lock in locks:
        await lock.release()


async def test_a_lock_that_was_not_taken_gives_its_connection_back(database: Database) -> None:
    run_id = uuid4()
    first = RunLock(database.engine, run_id)
    assert await first.acquire()
    for _ in range(20):  # more often than there are connections
        assert not await RunLock(database.engine, run_id).acquire()
    await first.release()


async def test_a_lock_lost_with_its_connection_is_taken_again(database: Database, settings: Settings) -> None:
    run_id = uuid4()
    lock = RunLock(database.engine, run_id)
    assert await lock.acquire()
    await end_holders(settings, database)
    assert await lock.keep()
    assert not await RunLock(database.engine, run_id).acquire()
    await lock.release()


async def test_a_lock_that_somebody_else_took_meanwhile_is_lost(database: Database, settings: Settings) -> None:
    run_id = uuid4()
    lock, other = RunLock(database.engine, run_id), RunLock(database.engine, run_id)
    assert await lock.acquire()
    await end_holders(settings, database)
    assert await other.acquire()
    assert not await lock.keep()
    await lock.release()
    assert await other.keep()
    await other.release()


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_a_look_that_is_cut_off_costs_neither_the_lock_nor_its_return(steps: int, database: Database) -> None:
    run_id = uuid4()
    lock = RunLock(database.engine, run_id)
    assert await lock.acquire()
    looking = asyncio.create_task(lock.keep())
    for _ in range(steps):
        await asyncio.sleep(0)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    other = RunLock(database.engine, run_id)
    assert not await other.acquire()
    await lock.release()
    assert await other.acquire()
    await other.release()


async def test_letting_go_is_harmless_also_where_a_look_was_cut_off_for_good(database: Database) -> None:
    run_id = uuid4()
    lock, other = RunLock(database.engine, run_id), RunLock(database.engine, run_id)
    assert await lock.acquire()
    looking = asyncio.create_task(lock.keep())
    for _ in range(2):
        await asyncio.sleep(0)
        looking.cancel()
    await asyncio.wait({looking})
    await lock.release()
    assert await other.acquire()
    await other.release()


async def test_letting_go_of_a_lost_connection_is_harmless(database: Database, settings: Settings) -> None:
    lock = RunLock(database.engine, uuid4())
    assert await lock.acquire()
    await end_holders(settings, database)
    await lock.release()
    await lock.release()
    async with database.session() as session:
        assert (await session.execute(text(HOLDERS))).all() == []


@pytest.mark.parametrize("number", [0, 1 << 127, (1 << 128) - 1])
async def test_every_id_can_be_locked(number: int, database: Database) -> None:
    lock = RunLock(database.engine, UUID(int=number))
    assert await lock.acquire()
    await lock.release()
