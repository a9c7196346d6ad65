"""The database as the rest of the code sees it: open it, take a transaction, close it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from settings import Settings, get_settings
from storage.connection import connection_parameters
from storage.embedded import revive_embedded
from storage.engine import async_engine, unavailable_is_ours
from storage.errors import DatabaseError, DatabaseUnusable
from storage.migrate import upgrade
from storage.opening import Look, look, refuse_powerful
from storage.roles import Role
from storage.urls import format_url

__all__ = ["Database", "Role", "database_url", "open_database"]


def database_url(settings: Settings, role: Role = "app") -> str:
    """A libpq URL to connect as the role, password included; starts the embedded server where no URL is set."""
    return format_url(connection_parameters(settings, role))


class Database:
    """An engine and its sessions; one per event loop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._read_only = engine.execution_options(postgresql_readonly=True)
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """A session that commits at the end of the block, and rolls back on any exception.

        Raises:
            DatabaseUnavailable: The connection broke, or none was free; where the commit itself broke off, Postgres
                may have carried it out.
        """
        with unavailable_is_ours():
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[AsyncSession]:
        """A session to read with: Postgres refuses writes in it, and it is rolled back at the end.

        Raises:
            DatabaseUnavailable: The connection broke, or none was free.
        """
        with unavailable_is_ours():
            async with AsyncSession(self._read_only, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def one_statement(self) -> AsyncGenerator[AsyncSession]:
        """A session in which each statement commits by itself: a grouped write in one round trip instead of three.

        Raises:
            DatabaseUnavailable: The connection broke, or none was free.
        """
        with unavailable_is_ours():
            async with AsyncSession(self._autocommit, expire_on_commit=False) as session:
                yield session

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def open_database(settings: Settings | None = None, role: Role = "app", migrate: bool = True) -> Database:
    """Connect as the role, to a schema of the version this code needs.

    Args:
        settings: Default: those of the process.
        role: Who to be; `app` and `read` are checked to be neither superuser nor BYPASSRLS.
        migrate: Whether to upgrade an older schema; otherwise it is refused.

    Raises:
        DatabaseUnusable: The database cannot be used as it is configured.
        DatabaseUnavailable: It did not answer, for a reason that may pass.
    """
    settings = settings or get_settings()
    parameters = await asyncio.to_thread(connection_parameters, settings, role)
    revive = partial(revive_embedded, settings) if settings.database_url is None else None
    engine = async_engine(parameters, settings.database_pool_size, revive)
    try:
        found = await _look_or_upgrade(engine, parameters, settings, migrate)
        refuse_powerful(found, role)
    except BaseException:
        await engine.dispose()
        raise
    return Database(engine)


async def _look_or_upgrade(engine: AsyncEngine, parameters: dict[str, str], settings: Settings, migrate: bool) -> Look:
    """Look; where the role cannot connect yet or the schema is old, upgrade as the owner and look again."""
    try:
        found = await look(engine, parameters)
    except DatabaseError:
        if not migrate:
            raise
        found = None
    if found is not None and found.is_current:
        return found
    if not migrate:
        raise DatabaseUnusable("the schema of the database is older than this evalflows: run `evalflows db upgrade`")
    await asyncio.to_thread(upgrade, settings)
    return await look(engine, parameters)
