"""Places at a model: all processes together never use more than there are, and each gets its part."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import func, select

from settings import Settings
from storage.database import Database
from storage.places import Places
from storage.tables import RateLeaseRow

MOST = 10
PATIENCE_SECONDS = 60

Join = Callable[[int], Awaitable[Places]]


@pytest.fixture
async def joined(database: Database, settings: Settings) -> AsyncIterator[Join]:
    """A process that can use so many places; all leave at the end."""
    made: list[Places] = []
    settings = settings.model_copy(update={"lease_seconds": 0.5, "max_concurrency": MOST})

    async def join(places: int) -> Places:
        process = Places(database, settings, "openai https://api small", places)
        made.append(process)
        await process.join()
        return process

    yield join
    for process in made:
        await process.leave()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():
            await asyncio.sleep(0.05)


async def test_who_comes_first_has_all_it_can_use_and_leaves_the_others_their_part(joined: Join) -> None:
    first = await joined(20)
    assert first.may_use() == MOST
    second = await joined(20)
    assert second.may_use() == 0
    await until(lambda: first.may_use() == second.may_use() == MOST // 2)
    third = await joined(1)
    await until(lambda: third.may_use() == 1)
    assert first.may_use() + second.may_use() + third.may_use() <= MOST


async def test_a_place_in_use_is_nobody_elses_until_its_call_is_done(joined: Join) -> None:
    first = await joined(MOST)
    on_wire = MOST
    first.busy = lambda: on_wire
    second = await joined(MOST)
    await until(lambda: first.may_use() == MOST // 2)
    await asyncio.sleep(0.5)
    assert second.may_use() == 0
    on_wire = 8
    await until(lambda: second.may_use() == 2)
    on_wire = 0
    await until(lambda: second.may_use() == MOST // 2)


async def test_while_there_is_room_nobody_waits_and_who_leaves_leaves_nothing(joined: Join, database: Database) -> None:
    first, second = await joined(6), await joined(4)
    assert (first.may_use(), second.may_use()) == (6, 4)
    await first.leave()
    await second.leave()
    async with database.session() as session:
        assert (await session.execute(select(func.count()).select_from(RateLeaseRow))).scalar_one() == 0
