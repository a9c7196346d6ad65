"""One database for each file of query tests, emptied before each test: a copy for each test would take longer."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import text

from settings import Settings
from storage.database import Database, open_database
from storage.embedded import EmbeddedServer
from tests.fixtures.database import database_copy


@pytest.fixture(scope="module")
def settings(embedded_server: EmbeddedServer, template_database: str) -> Iterator[Settings]:
    """The process's settings, on a migrated database of this file alone."""
    with database_copy(embedded_server, template_database) as found:
        yield found


@pytest.fixture(scope="module")
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """The file's database, as the role app."""
    opened = await open_database(settings)
    yield opened
    await opened.close()


@pytest.fixture
async def database(opened_database: Database) -> Database:
    """The file's database with nothing in it."""
    async with opened_database.transaction() as session:
        await session.execute(text("DELETE FROM eval_runs"))
        await session.execute(text("DELETE FROM threads"))
    return opened_database
