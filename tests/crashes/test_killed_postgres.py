"""An embedded server that was killed is started again by whoever needs it; one that was stopped stays stopped."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from settings import Settings
from storage.database import Database, open_database
from storage.embedded import embedded_status, start_embedded, stop_embedded
from storage.errors import DatabaseUnavailable
from storage.patience import with_patience
from tests.fixtures.database import new_home, remove_home

PATIENCE_SECONDS = 60


@pytest.fixture
def home_settings() -> Iterator[Settings]:
    """A home whose server these tests may kill."""
    home = new_home()
    yield Settings(home=home)
    remove_home(home)


async def ask(database: Database) -> int | None:
    async with database.session() as session:
        return await session.scalar(text("SELECT 1"))


async def test_a_killed_server_is_started_again_by_those_who_need_it(home_settings: Settings) -> None:
    one, other = await open_database(home_settings), await open_database(home_settings)
    before = embedded_status(home_settings)
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)
    asking = [with_patience(lambda database=database: ask(database), PATIENCE_SECONDS) for database in (one, other)]
    assert await asyncio.gather(*asking) == [1, 1]
    after = embedded_status(home_settings)
    assert after is not None
    assert after.pid != before.pid
    await one.close()
    await other.close()


@pytest.mark.parametrize("killed_before", [False, True])
async def test_a_server_that_was_stopped_is_left_so(killed_before: bool, home_settings: Settings) -> None:
    database = await open_database(home_settings)
    if killed_before:
        os.kill(start_embedded(home_settings).pid, signal.SIGKILL)
        while embedded_status(home_settings) is not None:
            await asyncio.sleep(0.05)
    await asyncio.to_thread(stop_embedded, home_settings)
    with pytest.raises(DatabaseUnavailable):
        await with_patience(lambda: ask(database), patience_seconds=0.1)
    assert embedded_status(home_settings) is None
    await database.close()
