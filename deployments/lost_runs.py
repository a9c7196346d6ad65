"""Runs whose end was not heard: set to crashed where their process is gone, and told to Prefect where it missed it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Completed, Crashed, Failed

from deployments.flow_list import FLOWS
from storage.database import Database, open_database
from storage.queries.runs import find_run, find_runs, mark_lost_runs
from storage.records import Run

PAGE = 50
LOOKED_BACK = timedelta(days=7)
DOUBTFUL = [StateType.RUNNING, StateType.CANCELLING, StateType.CRASHED, StateType.FAILED]
ENDINGS = {
    "completed": Completed,
    "completed_with_errors": Completed,
    "failed": Failed,
    "cancelled": Cancelled,
    "crashed": Crashed,
}


async def mark_lost(database: Database) -> Sequence[UUID]:
    """Set every run that says `running` and is held by no process to crashed; returns their ids.

    Prefect is told of these, and of every run whose end it missed: its server was away, or the run's process was
    killed between the two. A Prefect API that does not answer is left as it is.
    """
    async with database.transaction() as session:
        lost = await mark_lost_runs(session)
    try:
        async with get_client() as client:
            for run_id in lost:
                await _say_crashed(client, run_id)
            await _tell_endings(client, database)
    except (httpx.HTTPError, ValueError):
        pass
    return lost


async def find_as_it_is(run_id: UUID) -> Run | None:
    """The run as it stands, set to crashed where its process is gone; None where there is none of this id."""
    database = await open_database()
    try:
        await mark_lost(database)
        async with database.session() as session:
            return await find_run(session, run_id)
    finally:
        await database.close()


async def _say_crashed(client: PrefectClient, run_id: UUID) -> None:
    """Say Crashed where Prefect still says Running; a run of another Prefect API is left to that one."""
    try:
        flow_run = await client.read_flow_run(run_id)
    except ObjectNotFound:
        return
    if flow_run.state is None or not flow_run.state.is_final():
        await client.set_flow_run_state(run_id, Crashed(message="the process that ran it is gone"), force=True)


async def _tell_endings(client: PrefectClient, database: Database) -> None:
    """Say in Prefect how runs ended that it holds for running, crashed or failed and that ended otherwise."""
    doubtful = await _doubtful_runs(client)
    async with database.session() as session:
        runs = await find_runs(session, [flow_run.id for flow_run in doubtful])
    for flow_run in doubtful:
        run = runs.get(flow_run.id)
        if run is not None and (ending := missed_ending(flow_run, run)) is not None:
            await client.set_flow_run_state(flow_run.id, ending, force=True)


async def _doubtful_runs(client: PrefectClient) -> list[FlowRun]:
    """All recent runs that Prefect holds for running, crashed or failed."""
    recent = FlowRunFilterStartTime.model_validate({"after_": datetime.now(UTC) - LOOKED_BACK})
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=DOUBTFUL))
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=list(FLOWS))),
            flow_run_filter=FlowRunFilter(state=state, start_time=recent),
            sort=FlowRunSort.START_TIME_DESC,
            limit=PAGE,
            offset=len(found),
        )
        found += page
        if len(page) < PAGE:
            return found


def missed_ending(flow_run: FlowRun, run: Run) -> State[Any] | None:
    """The state Prefect ought to show; None where what it shows is so, or the run may have begun again.

    Args:
        flow_run: What Prefect holds for running, cancelling, crashed or failed.
        run: Its row.
    """
    state, say = flow_run.state, ENDINGS.get(run.status)
    if state is None or say is None or run.finished_at is None:
        return None
    if state.is_failed():  # Prefect gave up telling its API Completed; any other row stays, its resume was refused
        return say(message=run.status) if run.status.startswith("completed") else None
    if state.is_crashed():
        return None if run.status == "crashed" else say(message=run.error_message or run.status)
    began_again = state.timestamp > run.finished_at  # resumed: its row is opened a moment after Prefect says Running
    return None if began_again and not state.is_cancelling() else say(message=run.error_message or run.status)
