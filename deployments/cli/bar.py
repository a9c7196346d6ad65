"""What a running flow shows in the terminal: its estimate, then units done, rate, spending, remaining time."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from deployments.cli.announce import announce_estimate
from tasks.progress import spending
from tasks.run import OPEN_RUNS

FRAMES_PER_SECOND = 5


@asynccontextmanager
async def show_progress(run_id: UUID, *, enabled: bool) -> AsyncGenerator[None]:
    """Print the estimate on standard error while the block runs, and show a bar there where that is a terminal."""
    if not enabled:
        yield
        return
    console = Console(stderr=True)
    bar = _bar(run_id, console) if sys.stderr.isatty() else nullcontext()
    async with announce_estimate(run_id, console), bar:
        yield


@asynccontextmanager
async def _bar(run_id: UUID, console: Console) -> AsyncGenerator[None]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[spent]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        drawn = bar.add_task("loading", total=None, rate="", spent="")
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
        said = run.message or "evaluating"
        bar.update(drawn, description=said, total=run.total, completed=run.done, rate=rate, spent=spending(run))
