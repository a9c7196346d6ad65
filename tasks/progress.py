"""Progress of a live run: written to Postgres and to a Prefect artifact now and then; here a cancel is heard too."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.logging import get_run_logger

from storage.errors import DatabaseUnavailable
from storage.queries.runs import report_progress as write_progress
from storage.records import Progress
from tasks.artifacts import show
from tasks.run import OpenRun

SHOW_SECONDS = 5.0
"""How long a picture of the progress may take: Prefect's client tries for a minute, and a cancel is heard here too."""


def progress_of(run: OpenRun) -> Progress:
    """How far the run is, in units (one evaluator on one thread), and what it has spent."""
    message = ", ".join(part for part in (run.message, spending(run)) if part)
    return Progress(current=run.done, total=run.total, message=message)


def spending(run: OpenRun) -> str:
    """Calls, tokens and USD so far; empty where no model is asked, no USD where the price is not known."""
    if run.ask is None or not run.ask.spent.calls:
        return ""
    spent = run.ask.spent
    usd = f", USD {spent.usd:.4f}" if spent.usd else ""
    return f"{spent.calls:,} calls, {spent.tokens_in + spent.tokens_out:,} tokens{usd}"


def said_of(run: OpenRun) -> str:
    """`18 of 66 units, 20 calls, 4,000 tokens`: the progress in words, for the Prefect UI."""
    progress = progress_of(run)
    return ", ".join(part for part in (f"{progress.current:,} of {progress.total:,} units", progress.message) if part)


@asynccontextmanager
async def report_progress(run: OpenRun) -> AsyncGenerator[None]:
    """Report while the block runs, every EVALFLOWS_PROGRESS_SECONDS, and once at its end."""
    working = asyncio.current_task()
    assert working is not None
    made = await show(acreate_progress_artifact(progress=0.0, key="progress", description="units evaluated"))
    artifact_id = UUID(str(made)) if made else None
    reporter = asyncio.create_task(_keep_reporting(run, artifact_id, working))
    try:
        yield
        try:
            await _report(run, artifact_id)
        except DatabaseUnavailable as error:  # the work is done, and what closes the run waits for the database
            get_run_logger().warning("progress not written: %s", error)
    finally:
        reporter.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reporter


async def _keep_reporting(run: OpenRun, artifact_id: UUID | None, working: "asyncio.Task[object]") -> None:
    while True:
        await asyncio.sleep(run.settings.progress_seconds)
        try:
            if not await run.lock.keep():
                run.taken_over = True
                working.cancel("another process has taken this run over")
                return
            if await _report(run, artifact_id):
                working.cancel("cancel requested")
                return
        except DatabaseUnavailable as error:
            get_run_logger().warning("progress not written: %s", error)


async def _report(run: OpenRun, artifact_id: UUID | None) -> bool:
    """Write the progress down; True when somebody asked for the run to be cancelled."""
    async with run.database.transaction() as session:
        cancelled = await write_progress(session, run.id, progress_of(run))
    share = 100 * run.done / run.total if run.total else 0.0
    if artifact_id is not None and not cancelled:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHOW_SECONDS):
                await show(aupdate_progress_artifact(artifact_id, progress=min(share, 100.0), description=said_of(run)))
    return cancelled
