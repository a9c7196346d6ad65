"""The advisory lock a live run holds, on a connection of its own."""

import asyncio
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.engine import unavailable_is_ours

SOON_MISSED = text("""
    SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
           set_config('tcp_keepalives_count', '3', false)
""")
"""A host that lost its power closes no connection: Postgres frees its locks after a minute, not after two hours."""


class RunLock:
    """Held while the run is live; Postgres frees it when the process is gone."""

    def __init__(self, engine: AsyncEngine, run_id: UUID) -> None:
        """Nothing is locked yet."""
        self._engine = engine
        self._key = int.from_bytes(run_id.bytes[:8], "big", signed=True)
        self._connection: AsyncConnection | None = None

    async def acquire(self) -> bool:
        """Take the lock; False when another process holds it.

        Raises:
            DatabaseUnavailable: The database did not answer.
        """
        with unavailable_is_ours():
            connection = await self._engine.connect()
            try:
                connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await connection.execute(SOON_MISSED)
                taken = await connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": self._key})
                if taken.scalar_one():
                    self._connection = connection
            finally:
                if self._connection is not connection:
                    await connection.close()
        return self._connection is not None

    async def keep(self) -> bool:
        """Take the lock again where its connection was lost; False when another process has it by now.

        A caller that is cancelled meanwhile ends once it is known: a query cut off takes the connection, and the lock.

        Raises:
            DatabaseUnavailable: The database did not answer; the next call tries again.
        """
        looking = asyncio.ensure_future(self._look())
        try:
            return await asyncio.shield(looking)
        except asyncio.CancelledError:
            await asyncio.gather(looking, return_exceptions=True)
            raise

    async def _look(self) -> bool:
        if self._connection is not None:
            try:
                await self._connection.execute(text("SELECT 1"))
            except DBAPIError:
                await self._connection.invalidate()
                await self._connection.close()
                self._connection = None
            else:
                return True
        return await self.acquire()

    async def release(self) -> None:
        """Free the lock and give the connection back; harmless when it is not held."""
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        try:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": self._key})
        except (DBAPIError, PendingRollbackError):  # the second: the connection was cut off before
            await connection.invalidate()
        finally:
            await connection.close()
