"""Cancel a run, wherever it runs: a live one hears it from its row, a queued one is taken out of Prefect's queue."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled

from deployments.cli.execute import parse_run_id
from deployments.cli.exits import complain
from deployments.lost_runs import mark_lost
from storage.database import Database, open_database
from storage.queries.runs import find_run, request_cancel
from storage.records import Run

CHECKS, CHECK_SECONDS = 60, 0.5


async def cancel_run(text: str) -> bool:
    """Ask the run to stop and wait until it has; False when there is no such run or it has ended already."""
    run_id = parse_run_id(text)
    database = await open_database()
    try:
        await mark_lost(database)
        async with database.transaction() as session:
            asked = await request_cancel(session, run_id)
            run = await find_run(session, run_id)
        if asked:
            return await _wait_until_stopped(database, run)
    finally:
        await database.close()
    state = await _take_out_of_queue(run_id)
    if state is not None and not state.is_final():
        print(f"{run_id} cancelled while it was queued")
        return True
    if run is None and state is None:
        complain(f"there is no run {run_id}: see 'evalflows runs list'")
    else:
        complain(f"run {run_id} is {run.status if run else str(state and state.name)}: there is nothing to cancel")
    return False


async def _take_out_of_queue(run_id: UUID) -> State[Any] | None:
    """Cancel the run where it waits in Prefect, for the first time or for a retry; returns the state it was in."""
    try:
        async with get_client() as client:
            state = (await client.read_flow_run(run_id)).state
            if state is not None and not state.is_final():
                await client.set_flow_run_state(run_id, Cancelled(message="cancelled while queued"), force=True)
            return state
    except (ObjectNotFound, httpx.HTTPError, ValueError):
        return None


async def _wait_until_stopped(database: Database, run: Run | None) -> bool:
    assert run is not None
    for _ in range(CHECKS):
        async with database.session() as session:
            now = await find_run(session, run.id)
        if now is not None and now.status != "running":
            print(f"{run.id} {now.status}; go on with: evalflows run {run.flow} --resume {run.id}")
            return True
        await asyncio.sleep(CHECK_SECONDS)
    complain(f"run {run.id} was asked to stop and has not yet")
    return False
