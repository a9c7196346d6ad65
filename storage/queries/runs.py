"""Queries on `eval_runs`: open, resume, follow, close and list runs."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.page import Page, read_page
from storage.records import Judge, Progress, Run, RunStatus, Snapshot, storable
from storage.tables import EvalRunRow

ERROR_LENGTH = 2000
RUNNING_AGAIN = {"status": "running", "finished_at": None, "duration_seconds": None, "error_message": None}

LOST = text("""
    SELECT run.id FROM eval_runs AS run
    WHERE run.status = 'running' AND NOT EXISTS (
        SELECT FROM pg_locks AS held
        WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
          AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (held.classid::bigint << 32 | held.objid::bigint)
            = ('x' || left(replace(run.id::text, '-', ''), 16))::bit(64)::bigint
    )
""")


def run_from(row: EvalRunRow) -> Run:
    """The record of a row."""
    fields = {name: getattr(row, name) for name in Run.model_fields}
    return Run.model_validate(fields)


async def create_run(
    session: AsyncSession,
    run_id: UUID,
    *,
    flow: str,
    app: str,
    name: str | None,
    judge: Judge,
    params: Mapping[str, Any],
    versions: Mapping[str, str],
) -> Run:
    """Insert a run as `running`."""
    row = EvalRunRow(
        id=run_id,
        flow=flow,
        app=app,
        name=name,
        status="running",
        judge_provider=judge.provider,
        judge_model=judge.model,
        params=dict(params),
        versions=dict(versions),
        started_at=func.now(),
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return run_from(row)


async def find_run(session: AsyncSession, run_id: UUID) -> Run | None:
    """The run, or None when there is none of this id."""
    row = await session.get(EvalRunRow, run_id)
    return run_from(row) if row else None


async def find_runs(session: AsyncSession, run_ids: Sequence[UUID]) -> dict[UUID, Run]:
    """The runs of these ids, less those there are none of."""
    rows = await session.scalars(select(EvalRunRow).where(EvalRunRow.id.in_(run_ids)))
    return {row.id: run_from(row) for row in rows}


async def reopen_run(
    session: AsyncSession, run_id: UUID, *, params: Mapping[str, Any] | None = None, lost_at_most: int = 0
) -> None:
    """Set an ended run back to `running`; what it has stays.

    Args:
        session: Open session.
        run_id: The run.
        params: Its parameters from now on; None leaves them.
        lost_at_most: How many calls may have been on the wire when the process before was killed.
    """
    row = EvalRunRow
    changed: dict[str, Any] = {"calls_lost_at_most": row.calls_lost_at_most + lost_at_most}
    if params is not None:
        changed["params"] = dict(params)
    await session.execute(
        update(row).where(row.id == run_id).values(**RUNNING_AGAIN, cancel_requested=False, **changed)
    )


async def set_estimate(session: AsyncSession, run_id: UUID, estimate: Mapping[str, Any]) -> None:
    """Write down what the run is thought to cost."""
    row = EvalRunRow
    await session.execute(update(row).where(row.id == run_id).values(estimate=dict(estimate)))


async def pin_snapshot(session: AsyncSession, run_id: UUID, snapshot: Snapshot) -> None:
    """Write down what the run evaluates, once it is loaded."""
    row = EvalRunRow
    await session.execute(
        update(row)
        .where(row.id == run_id)
        .values(snapshot=snapshot.model_dump(mode="json"), snapshot_hash=snapshot.hash, items=snapshot.threads)
    )


async def report_progress(session: AsyncSession, run_id: UUID, progress: Progress) -> bool:
    """Write the progress of a live run down; returns whether somebody asked for it to be cancelled."""
    row = EvalRunRow
    query = (
        update(row)
        .where(row.id == run_id, row.status.in_(("running", "crashed")))
        .values(progress=progress.model_dump(), **RUNNING_AGAIN)
        .returning(row.cancel_requested)
    )
    return bool((await session.execute(query)).scalar_one_or_none())


async def request_cancel(session: AsyncSession, run_id: UUID) -> bool:
    """Ask a running run to stop; returns False when it is not running."""
    row = EvalRunRow
    query = update(row).where(row.id == run_id, row.status == "running").values(cancel_requested=True).returning(row.id)
    return (await session.execute(query)).scalar_one_or_none() is not None


async def close_run(
    session: AsyncSession,
    run_id: UUID,
    status: RunStatus,
    *,
    error_message: str | None = None,
    only_running: bool = False,
    figures: Mapping[str, Any] | None = None,
) -> None:
    """End a run.

    Args:
        session: Open session.
        run_id: The run.
        status: How it ended.
        error_message: Why it failed; cut to 2,000 characters.
        only_running: Leave a run alone that has another ending already.
        figures: Further columns to set (completed, cost_usd, tokens_in, tokens_out, summary).
    """
    row = EvalRunRow
    query = update(row).where(row.id == run_id)
    if only_running:
        query = query.where(row.status == "running")
    await session.execute(
        query.values(
            status=status,
            error_message=storable(error_message)[:ERROR_LENGTH] if error_message else None,
            finished_at=func.clock_timestamp(),
            duration_seconds=func.extract("epoch", func.clock_timestamp() - func.coalesce(row.started_at, func.now())),
            **(figures or {}),
        )
    )


async def mark_lost_runs(session: AsyncSession) -> Sequence[UUID]:
    """Set every run that says `running` and whose lock nobody holds to `crashed`; returns their ids."""
    lost = (await session.execute(LOST)).scalars().all()
    for run_id in lost:
        await close_run(session, run_id, "crashed", error_message="the process that ran it is gone", only_running=True)
    return lost


async def list_runs(
    session: AsyncSession,
    *,
    flow: str | None = None,
    app: str | None = None,
    status: RunStatus | None = None,
    limit: int = 20,
    offset: int = 0,
) -> Page[Run]:
    """The runs, newest first; `limit` 0 means all."""
    row = EvalRunRow
    query = select(row).order_by(row.created_at.desc(), row.id)
    for wanted, col in ((flow, row.flow), (app, row.app), (status, row.status)):
        if wanted is not None:
            query = query.where(col == wanted)
    rows, total = await read_page(session, query, limit, offset)
    return Page(tuple(run_from(found[0]) for found in rows), total, limit, offset)
