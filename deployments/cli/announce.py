"""The estimate of a run, printed once, when the run begins to ask its judge."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from rich.console import Console
from rich.text import Text

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
        announcement.make()  # late, where the run was over before anybody looked


class Announcement:
    """The estimate of one run in this process, on its way to the terminal."""

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
            self.make()

    def make(self) -> None:
        """Print it, once, where the run has begun to evaluate."""
        if self._made or self._run is None or not self._run.total:
            return
        if self._run.estimate is not None:
            self._console.print(Text(estimate_line(self._run.estimate)), soft_wrap=True)
        self._made = True
