"""Runs whose process is gone: set to crashed, in Postgres and in Prefect."""

from collections.abc import Sequence
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from storage.database import Database
from storage.queries.runs import mark_lost_runs


async def mark_lost(database: Database) -> Sequence[UUID]:
    """Set every run that says `running` and is held by no process to crashed; returns their ids."""
    async with database.transaction() as session:
        lost = await mark_lost_runs(session)
    for run_id in lost:
        await _mark_in_prefect(run_id)
    return lost


async def _mark_in_prefect(run_id: UUID) -> None:
    """Say Crashed where Prefect still says Running; a run of another Prefect API is left to that one."""
    try:
        async with get_client() as client:
            flow_run = await client.read_flow_run(run_id)
            if flow_run.state is None or not flow_run.state.is_final():
                message = "the process that ran it is gone"
                await client.set_flow_run_state(run_id, Crashed(message=message), force=True)
    except (ObjectNotFound, httpx.HTTPError, ValueError):
        return
