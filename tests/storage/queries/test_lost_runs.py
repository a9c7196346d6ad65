"""Lost runs: those that say `running` and whose lock is free, and no others."""

from uuid import UUID

import psycopg
import pytest

from settings import Settings
from storage.database import Database
from storage.queries.runs import close_run, find_run, mark_lost_runs
from storage.run_lock import RunLock
from tests.storage.stored_runs import add_run

LOW, HIGH = UUID(int=1 << 64), UUID(int=(1 << 128) - 1)
IDS = [LOW, HIGH, UUID("7fffffff-ffff-4fff-8000-000000000001"), UUID("80000000-0000-4000-8000-000000000001")]


async def mark(database: Database) -> set[UUID]:
    async with database.transaction() as session:
        return set(await mark_lost_runs(session))


@pytest.mark.parametrize("run_id", IDS, ids=str)
async def test_a_run_is_lost_once_nobody_holds_its_lock(run_id: UUID, database: Database) -> None:
    await add_run(database, run_id)
    lock = RunLock(database.engine, run_id)
    assert await lock.acquire()
    assert await mark(database) == set()
    await lock.release()
    assert await mark(database) == {run_id}
    async with database.session() as session:
        run = await find_run(session, run_id)
    assert run is not None
    assert (run.status, run.error_message) == ("crashed", "the process that ran it is gone")
    assert await mark(database) == set()


async def test_the_lock_of_one_run_saves_no_other(database: Database) -> None:
    for run_id in IDS:
        await add_run(database, run_id)
    lock = RunLock(database.engine, LOW)
    assert await lock.acquire()
    assert await mark(database) == set(IDS) - {LOW}
    await lock.release()


async def test_a_run_that_has_ended_is_not_lost(database: Database) -> None:
    run_id = await add_run(database)
    async with database.transaction() as session:
        await close_run(session, run_id, "cancelled")
    assert await mark(database) == set()


async def test_the_lock_of_another_database_saves_no_run(database: Database, settings: Settings) -> None:
    assert settings.database_url is not None
    run_id = await add_run(database)
    url = settings.database_url.get_secret_value()
    key = int.from_bytes(run_id.bytes[:8], "big", signed=True)
    async with await psycopg.AsyncConnection.connect(url, dbname="postgres") as elsewhere:
        await elsewhere.execute("SELECT pg_advisory_lock(%s)", (key,))
        assert await mark(database) == {run_id}
