"""The progress bar in the terminal: units done, rate, remaining time."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from tasks.run import OPEN_RUNS

FRAMES_PER_SECOND = 5


@asynccontextmanager
async def show_progress(run_id: UUID, *, enabled: bool) -> AsyncGenerator[None]:
    """Show a bar on standard error while the block runs; nothing where that is no terminal."""
    console = Console(stderr=True)
    if not enabled or not sys.stderr.isatty():
        yield
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        drawn = bar.add_task("loading", total=None, rate="")
        drawing = asyncio.create_task(_draw(bar, drawn, run_id))
        try:
            yield
        finally:
            drawing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drawing


async def _draw(bar: Progress, drawn: TaskID, run_id: UUID) -> None:
    while True:
        await asyncio.sleep(1 / FRAMES_PER_SECOND)
        run = OPEN_RUNS.get(run_id)
        if run is None:
            continue
        if not run.total:
            bar.update(drawn, description=run.message or "loading")
            continue
        speed = bar.tasks[0].speed
        rate = f"{speed:.1f}/s" if speed else ""
        bar.update(drawn, description="evaluating", total=run.total, completed=run.done, rate=rate)
