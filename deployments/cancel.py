"""Cancel a run, wherever it runs: a live one hears it from its row, a queued one is taken out of Prefect's queue."""

import asyncio

import httpx
from prefect.client.orchestration import get_client
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
        if run is not None:
            complain(f"run {run_id} is {run.status}: there is nothing to cancel")
            return False
    finally:
        await database.close()
    try:
        async with get_client() as client:
            flow_run = await client.read_flow_run(run_id)
            if flow_run.state is not None and flow_run.state.is_final():
                complain(f"run {run_id} is {flow_run.state.name}: there is nothing to cancel")
                return False
            await client.set_flow_run_state(run_id, Cancelled(message="cancelled while queued"), force=True)
    except (ObjectNotFound, httpx.HTTPError, ValueError):
        complain(f"there is no run {run_id}: see 'evalflows runs list'")
        return False
    print(f"{run_id} cancelled while it was queued")
    return True


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
