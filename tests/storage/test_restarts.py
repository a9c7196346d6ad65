"""A database that goes away in the middle of a run and comes back: ridden out by the writers and by the lock."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from settings import Settings
from storage.database import Database, open_database
from storage.embedded import start_embedded, stop_embedded
from storage.errors import DatabaseUnavailable
from storage.queries.evaluations import list_evaluations
from storage.queries.ledger import list_calls
from storage.records import FoundAnswer
from storage.run_lock import RunLock
from storage.writers import RunWriter
from tests.fixtures.database import new_home, remove_home
from tests.storage.stored_runs import add_run, add_threads, make_call, make_evaluation, make_thread

THREADS = 10


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home whose server these tests may stop."""
    folder = new_home()
    yield folder
    remove_home(folder)


@pytest.fixture
async def own_database(home: Path) -> AsyncIterator[Database]:
    """A database on a server of its own, which runs when a test begins."""
    opened = await open_database(Settings(home=home))
    yield opened
    await asyncio.to_thread(start_embedded, Settings(home=home))
    await opened.close()


async def test_what_is_written_while_the_server_is_away_is_there_when_it_is_back(
    own_database: Database, home: Path
) -> None:
    run_id = await add_run(own_database)
    await add_threads(own_database, [make_thread(f"t{n}") for n in range(THREADS)], run_id)
    writer = RunWriter(own_database, run_id, Settings(home=home))
    await writer.save(make_evaluation(run_id, "t0"))
    await asyncio.to_thread(stop_embedded, Settings(home=home))
    writing = [asyncio.create_task(writer.save(make_evaluation(run_id, f"t{n}"))) for n in range(THREADS)]
    writing += [asyncio.create_task(writer.record(make_call(run_id, str(n)))) for n in range(THREADS)]
    finding = asyncio.create_task(writer.find("0"))
    await asyncio.sleep(0.3)  # so that they have met the server that is away
    assert not any(task.done() for task in (*writing, finding))
    await asyncio.to_thread(start_embedded, Settings(home=home))
    await asyncio.gather(*writing)
    answer = FoundAnswer(text='{"verdict": "PASS"}', run_id=run_id)
    assert await finding in (None, answer)
    assert await writer.find("0") == answer
    assert await rows_of(own_database, run_id) == (THREADS, THREADS)
    await writer.drain()


async def test_patience_has_an_end(own_database: Database, home: Path) -> None:
    run_id = await add_run(own_database)
    writer = RunWriter(own_database, run_id, Settings(home=home, database_patience_seconds=0.1))
    await asyncio.to_thread(stop_embedded, Settings(home=home))
    saved, found = await asyncio.gather(writer.save(make_evaluation(run_id)), writer.find("0"), return_exceptions=True)
    assert isinstance(saved, DatabaseUnavailable)
    assert isinstance(found, DatabaseUnavailable)


async def test_a_lock_that_cannot_be_looked_after_says_the_database_is_away_and_is_kept_when_it_is_back(
    own_database: Database, home: Path
) -> None:
    lock = RunLock(own_database.engine, uuid4())
    assert await lock.acquire()
    await asyncio.to_thread(stop_embedded, Settings(home=home))
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            await lock.keep()
    await asyncio.to_thread(start_embedded, Settings(home=home))
    assert await lock.keep()
    await lock.release()


async def rows_of(database: Database, run_id: UUID) -> tuple[int, int]:
    """How many evaluations and how many calls of one attempt a run has."""
    async with database.session() as session:
        evaluations = await list_evaluations(session, run_id, limit=0)
        calls = await list_calls(session, run_id, limit=0)
    return evaluations.total, sum(len(call.attempts) == 1 for call in calls.items)
