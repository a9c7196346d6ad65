"""The places at one model that this process may use, of those that all processes on the database have together."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from uuid import UUID, uuid4

from settings import Settings
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.queries.places import Given, Wanted, agree_on_places, leave_places
from storage.shares import LASTS_PERIODS

LOGGER = logging.getLogger(__name__)
LOOKS_PER_PERIOD = 5
"""Who comes when all places are taken gets its part after about two looks, once calls of the others are done."""


class Places:
    """Leases on places, one for each call on the wire. Those of a process that is killed are free after a while.

    Attributes:
        busy: How many are in use now; set by whoever uses them.
    """

    def __init__(self, database: Database, settings: Settings, scope: str, places: int) -> None:
        """No place is held yet.

        Args:
            database: Where processes agree.
            settings: How many there are, how often processes agree.
            scope: The model.
            places: How many this process can use.
        """
        self._database = database
        self._look_seconds = settings.lease_seconds / LOOKS_PER_PERIOD
        most = settings.max_concurrency
        seconds = LASTS_PERIODS * settings.lease_seconds
        self._wanted = Wanted(scope, uuid4(), most, min(places, most), seconds)
        self._given = Given(frozenset[UUID](), 0)
        self._agreeing: asyncio.Task[None] | None = None
        self.busy: Callable[[], int] = lambda: 0

    def may_use(self) -> int:
        """How many calls may be on the wire; more may be for a while, when others have come."""
        return self._given.may_use

    async def join(self) -> None:
        """Take what is free now; where nothing is, the others leave this process its part soon."""
        await self._agree()
        self._agreeing = asyncio.create_task(self._keep_agreeing())

    async def leave(self) -> None:
        """Give all places up; where the database is away they expire by themselves."""
        if self._agreeing is not None:
            self._agreeing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._agreeing
        try:
            async with self._database.transaction() as session:
                await leave_places(session, self._wanted.process, self._given.places)
        except DatabaseUnavailable as error:
            LOGGER.warning("places not given up, they expire: %s", error)

    async def _keep_agreeing(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                await self._agree()
            except DatabaseUnavailable as error:
                LOGGER.warning("places not renewed: %s", error)

    async def _agree(self) -> None:
        held = list(self._given.places)
        free = held[max(self.busy(), self._given.may_use) :]
        async with self._database.transaction() as session:
            self._given = await agree_on_places(session, self._wanted, held, free)
