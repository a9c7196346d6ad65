"""Prefect hooks that keep `eval_runs` true when a flow run ends without our own code: idempotent updates, no more."""

from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow
from prefect.states import Cancelled

from storage.database import open_database
from storage.queries.runs import close_run, find_run
from storage.records import RunStatus
from storage.run_lock import RunLock


async def mark_crashed(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Say `crashed` where the row still says `running`; say Cancelled in Prefect where the row says `cancelled`."""
    if await _mark(flow_run, "crashed", state.message) == "cancelled":
        async with get_client() as client:
            await client.set_flow_run_state(flow_run.id, Cancelled(message="cancelled"), force=True)


async def mark_cancelled(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Say `cancelled` where the row still says `running`."""
    await _mark(flow_run, "cancelled", state.message)


async def _mark(flow_run: FlowRun, status: RunStatus, why: str | None) -> RunStatus | None:
    """Close the row unless it has an ending, or another process works on the run; returns what it says."""
    database = await open_database()
    lock = RunLock(database.engine, flow_run.id)
    try:
        free = await lock.acquire()
        async with database.transaction() as session:
            if free:
                await close_run(session, flow_run.id, status, error_message=why, only_running=True)
            run = await find_run(session, flow_run.id)
        return run.status if run else None
    finally:
        await lock.release()
        await database.close()
