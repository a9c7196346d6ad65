"""Wait for a run of any flow, wherever it runs: queued, live, or waiting to be tried again."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from prefect.client.schemas.objects import State

from storage.database import Database, open_database
from storage.errors import DatabaseUnavailable
from storage.queries.runs import find_run, mark_lost_runs
from storage.records import Run
from tasks.children import child_states
from tasks.errors import RunRefused

LOST_SECONDS = 60
"""A row that has its ending for so long, while Prefect says that the run is live, is believed."""


class RunNotFound(RunRefused):
    """Neither Postgres nor Prefect knows a run of this id."""


async def wait_for_run(
    run_id: UUID,
    on_progress: Callable[[Run], None] | None = None,
    *,
    poll_seconds: float = 2,
    timeout_seconds: float | None = None,
) -> Run:
    """Wait until a run has ended, well or not; also one that is queued, or queued to be tried again.

    Args:
        run_id: Id of the run, as `run_deployment` and `start_child` give it.
        on_progress: Called with the run each time its row changed; `run.progress` says how far it is.
        poll_seconds: How often to look.
        timeout_seconds: Longest wait; None waits for as long as it takes. A database or a Prefect API that is away
            for a while is waited for too.

    Returns:
        The run with its ending: `status`, `summary`, `error_message`.

    Raises:
        RunNotFound: There is no such run.
        RunRefused: The run ended before it was opened: bad input, or cancelled in the queue.
        TimeoutError: It has not ended in time. It goes on all the same.
    """
    database = await open_database()
    limit = asyncio.timeout(timeout_seconds)
    try:
        async with limit:
            return await _wait(database, run_id, on_progress, poll_seconds)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"run {run_id} has not ended within {timeout_seconds:g} s") from error
    finally:
        await database.close()


async def _wait(
    database: Database, run_id: UUID, on_progress: Callable[[Run], None] | None, poll_seconds: float
) -> Run:
    told: Run | None = None
    while True:
        try:
            run, state = await _look(database, run_id)
        except (DatabaseUnavailable, httpx.HTTPError):  # away; both come back, and the run may be going on
            await asyncio.sleep(poll_seconds)
            continue
        if run is None:
            refuse_unopened(run_id, state)
        elif on_progress is not None and run != told:
            on_progress(told := run)
        if run is not None and has_ended(run, state, datetime.now(UTC)):
            return run
        await asyncio.sleep(poll_seconds)


async def _look(database: Database, run_id: UUID) -> tuple[Run | None, State[Any] | None]:
    """The row and Prefect's state, None where there is none; a run whose process is gone is set to crashed."""
    state = await _state(run_id)
    async with database.session() as session:
        run = await find_run(session, run_id)
    if run is not None and run.status == "running":
        async with database.transaction() as session:
            await mark_lost_runs(session)
            run = await find_run(session, run_id)
    return run, state


async def _state(run_id: UUID) -> State[Any] | None:
    try:
        return (await child_states([run_id])).get(run_id)
    except ValueError:  # this process is told of no Prefect API
        return None


def refuse_unopened(run_id: UUID, state: State[Any] | None) -> None:
    """Stop waiting for a run without a row that will never have one.

    Raises:
        RunNotFound: Prefect does not know it either.
        RunRefused: It has ended already.
    """
    if state is None:
        raise RunNotFound(f"there is no run {run_id}: see 'evalflows runs list'")
    if state.is_final():
        said = " ".join((state.message or "").split())
        raise RunRefused(f"run {run_id} ended before it was opened: {state.name}{f': {said}' if said else ''}")


def has_ended(run: Run, state: State[Any] | None, now: datetime) -> bool:
    """Whether a run is over: its row has an ending, and Prefect is not about to try it again.

    Args:
        run: Its row.
        state: What Prefect says; None where Prefect does not know it.
        now: The time, UTC.
    """
    if run.status == "running":
        return False
    if state is None or state.is_final():
        return True
    if state.is_scheduled() or state.is_pending():
        return False
    since = max(state.timestamp, run.finished_at or state.timestamp)
    return (now - since).total_seconds() > LOST_SECONDS
