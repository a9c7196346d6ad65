"""Runs from Postgres, and beside them those that wait in Prefect's queue."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import httpx
from pydantic import AwareDatetime

from deployments.flow_list import FLOWS
from deployments.lost_runs import mark_lost
from storage.database import open_database
from storage.queries.page import Page
from storage.queries.runs import find_run, list_runs
from storage.records import Record, Run, RunStatus

QUEUED_AT_MOST = 200


class QueuedRun(Record):
    """A run that a worker has not begun."""

    id: UUID
    flow: str
    name: str
    status: str
    expected: AwareDatetime


@dataclass(frozen=True)
class ListedRuns:
    """What `evalflows runs list` shows, each run once.

    Attributes:
        queued: Runs that wait: for the first time, or for another try after one that left a row.
        runs: A page of the rows, without those of runs that wait.
        read: Rows on the page, with those.
    """

    queued: tuple[QueuedRun, ...]
    runs: Page[Run]
    read: int


async def list_all_runs(
    *, flow: str | None, status: str | None, app: str | None, limit: int, offset: int
) -> ListedRuns:
    """The runs, newest first, lost ones set to crashed before; queued ones where Prefect's API can be reached."""
    wanted: RunStatus | None = None if status in (None, "scheduled") else status  # pyright: ignore[reportAssignmentType]
    waiting = await list_queued(flow)
    database = await open_database()
    try:
        await mark_lost(database)
        async with database.session() as session:
            rows = {queued.id: await find_run(session, queued.id) for queued in waiting}
            runs = await list_runs(session, flow=flow, app=app, status=wanted, limit=limit, offset=offset)
    finally:
        await database.close()
    if status == "scheduled":
        runs = Page[Run]((), 0, limit, offset)
    queued = tuple(run for run in waiting if _waits(rows[run.id]) and (app is None or _is_about(rows[run.id], app)))
    left = tuple(run for run in runs.items if run.id not in rows or not _waits(rows[run.id]))
    shown = queued if status in (None, "scheduled") and not offset else ()
    return ListedRuns(shown, replace(runs, items=left), len(runs.items))


def _waits(row: Run | None) -> bool:
    """Whether a run that Prefect calls scheduled or pending does wait: a row that says running knows better."""
    return row is None or row.status != "running"


def _is_about(row: Run | None, app: str) -> bool:
    """Whether the run is known to be about the app; one that never began is not."""
    return row is not None and row.app == app


async def list_queued(flow: str | None) -> tuple[QueuedRun, ...]:
    """The runs of our flows that are scheduled or pending in Prefect; none where no API answers."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import (
        FlowFilter,
        FlowFilterName,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType

    waiting = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING]))
    names = [flow] if flow else list(FLOWS)
    try:
        async with get_client() as client:
            flows = {
                found.id: found.name
                for found in await client.read_flows(flow_filter=FlowFilter(name=FlowFilterName(any_=names)))
            }
            found = await client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=names)),
                flow_run_filter=FlowRunFilter(state=waiting),
                limit=QUEUED_AT_MOST,
            )
    except (httpx.HTTPError, ValueError):
        return ()
    return tuple(
        QueuedRun(
            id=run.id,
            flow=flows.get(run.flow_id, ""),
            name=run.name,
            status=(run.state_name or "scheduled").lower(),
            expected=run.expected_start_time or datetime.now(UTC),
        )
        for run in found
    )
