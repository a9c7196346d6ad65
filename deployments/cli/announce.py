"""The estimate of a run, printed once, when the run begins to ask its judge."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from rich.console import Console
from rich.text import Text

from storage.database import Database
from storage.errors import DatabaseError
from storage.queries.runs import find_run
from tasks.costs.estimate import Estimate
from tasks.costs.words import estimate_line
from tasks.run import OPEN_RUNS, OpenRun

LOOKS_PER_SECOND = 5


@asynccontextmanager
async def announce_estimate(run_id: UUID, console: Console) -> AsyncGenerator[None]:
    """Print the estimate as soon as the run evaluates; nothing for one that asks no model, and for a dry run."""
    announcement = Announcement(run_id, console)
    watching = asyncio.create_task(announcement.watch())
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await announcement.catch_up()


class Announcement:
    """The estimate of one run, on its way to the terminal."""

    def __init__(self, run_id: UUID, console: Console) -> None:
        """Nothing is printed yet."""
        self._run_id = run_id
        self._console = console
        self._run: OpenRun | None = None
        self._made = False

    async def watch(self) -> None:
        """Wait until the run begins to evaluate, and print what it is estimated to use."""
        while not self._made:
            await asyncio.sleep(1 / LOOKS_PER_SECOND)
            self._run = OPEN_RUNS.get(self._run_id, self._run)
            if self._run is not None and self._run.total:
                await self._make(self._run.database)

    async def catch_up(self) -> None:
        """Print it late where the run was over before anybody looked."""
        if self._run is None or not self._run.total or self._made:
            return
        await self._make(self._run.database)
        await self._run.database.close()  # the run closed it before; a look opens it again

    async def _make(self, database: Database) -> None:
        with contextlib.suppress(DatabaseError):  # the estimate is no reason to fail
            async with database.session() as session:
                record = await find_run(session, self._run_id)
            if record is not None and record.estimate is not None and record.judge_provider != "rules":
                self._console.print(Text(estimate_line(Estimate.model_validate(record.estimate))), soft_wrap=True)
        self._made = True
