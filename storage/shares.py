"""Which part of a limit this process may use, agreed with the others through Postgres now and then."""

import asyncio
import contextlib
import logging
from uuid import uuid4

from settings import Settings
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.queries.leases import drop_leases, renew_lease

LOGGER = logging.getLogger(__name__)
LASTS_PERIODS = 3
"""A lease outlives so many periods without renewal: a database that is away for a moment changes nothing."""


class Shares:
    """Equal shares of limits: one nth where n processes hold a lease. One that is killed is left out after a while."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """No lease is held yet."""
        self._database = database
        self._period_seconds = settings.lease_seconds
        self._holder = uuid4()
        self._shares: dict[str, float] = {}
        self._renewing: asyncio.Task[None] | None = None

    async def join(self, scope: str) -> None:
        """Hold a lease on a limit from now on.

        Where others hold one, this process's share is 0 for a first period: they learn of it with their next renewal,
        and use more than their part until then.
        """
        holders = await self._renew(scope)
        self._shares[scope] = 1.0 if holders == 1 else 0.0
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._keep_renewing())

    def share(self, scope: str) -> float:
        """This process's part of a limit, 0 to 1."""
        return self._shares[scope]

    async def leave(self) -> None:
        """Give all leases up; where the database is away they expire by themselves."""
        if self._renewing is not None:
            self._renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._renewing
            self._renewing = None
        try:
            async with self._database.transaction() as session:
                await drop_leases(session, list(self._shares), self._holder)
        except DatabaseUnavailable as error:
            LOGGER.warning("leases not given up, they expire: %s", error)

    async def _keep_renewing(self) -> None:
        while True:
            await asyncio.sleep(self._period_seconds)
            try:
                for scope in list(self._shares):
                    self._shares[scope] = 1.0 / await self._renew(scope)
            except DatabaseUnavailable as error:
                LOGGER.warning("leases not renewed: %s", error)

    async def _renew(self, scope: str) -> int:
        async with self._database.transaction() as session:
            return await renew_lease(session, scope, self._holder, LASTS_PERIODS * self._period_seconds)
