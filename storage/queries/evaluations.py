"""Queries on `thread_evaluations` and the view `thread_results`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnClause, column, func, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.page import Page, read_page
from storage.queries.this_run import THIS_RUN, this_run
from storage.records import RETRYABLE, Record, ThreadEvaluation
from storage.tables import RunThreadRow, ThreadEvaluationRow

SAVE = text("""
    INSERT INTO thread_evaluations AS old (run_id, thread_id, evaluator, repeat, evaluator_version, judge, content_hash,
                                           verdict, score, reason, detail, result, created_at)
    SELECT run_id, thread_id, evaluator, repeat, evaluator_version, judge, content_hash,
           verdict, score, reason, detail, result, created_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
        run_id uuid, thread_id text, evaluator text, repeat bigint, evaluator_version text, judge text,
        content_hash text, verdict text, score double precision, reason text, detail text, result jsonb,
        created_at timestamptz)
    ON CONFLICT (run_id, thread_id, evaluator, repeat) DO UPDATE SET
        evaluator_version = excluded.evaluator_version, judge = excluded.judge, verdict = excluded.verdict,
        score = excluded.score, reason = excluded.reason, detail = excluded.detail, result = excluded.result,
        created_at = excluded.created_at,
        tries = old.tries || jsonb_build_array(
            jsonb_build_object('reason', old.reason, 'detail', old.detail, 'at', old.created_at))
    WHERE old.reason = ANY(:retryable) AND old.created_at <> excluded.created_at
""")

MISSING = text(f"""
    SELECT item.position, item.thread_id, item.thread_row
    FROM run_threads AS item
    LEFT JOIN thread_evaluations AS done
        ON done.run_id = item.run_id AND done.thread_id = item.thread_id
        AND done.evaluator = :evaluator AND done.repeat = :repeat
    WHERE item.run_id = {THIS_RUN} AND item.position >= :start AND item.position < :stop
        AND (done.run_id IS NULL OR done.reason = ANY(:retryable))
    ORDER BY item.position
""")


class MissingThread(Record):
    """A thread of the snapshot that an evaluator has not settled yet."""

    position: int
    thread_id: str
    thread_row: UUID


class ThreadResult(Record):
    """One row of the view `thread_results`: what all evaluators say of one thread of a run, repeats reduced to one.

    Attributes:
        intent_accuracy: Share of compared user messages the bot took right, 0 to 1; None where none was compared.
        worst_correctness: The worst verdict over the assistant messages; None when unscored.
        efficiency_verdict: None when unscored.
        success_status: None when correctness or efficiency is unscored; `success_reason` says why.
        labelled_success: The data's own success column.
    """

    run_id: UUID
    thread_id: str
    user_id: str | None
    message_count: int
    intent_accuracy: float | None
    worst_correctness: str | None
    efficiency_verdict: str | None
    success_status: bool | None
    success_reason: str | None
    labelled_success: bool | None


RESULT_COLUMNS: list[ColumnClause[Any]] = [column(name) for name in ThreadResult.model_fields]
RESULTS = table("thread_results", *RESULT_COLUMNS)


class StoredEvaluation(ThreadEvaluation):
    """A row of `thread_evaluations` as it stands, with the tries it replaced."""

    tries: tuple[dict[str, Any], ...] = ()


async def save_evaluations(session: AsyncSession, evaluations: Sequence[ThreadEvaluation]) -> None:
    """Insert what is new, replace what was unscored for a retryable reason, leave every scored row as it is.

    Saving the same rows twice changes nothing: a commit that broke off may have been carried out.
    """
    if not evaluations:
        return
    unique = {(e.run_id, e.thread_id, e.evaluator, e.repeat): e for e in reversed(evaluations)}
    rows = orjson.dumps([e.model_dump(mode="json") for e in unique.values()]).decode()
    await session.execute(SAVE, {"rows": rows, "retryable": sorted(RETRYABLE)})


async def missing_threads(
    session: AsyncSession, run_id: UUID, evaluator: str, start: int, stop: int, repeat: int = 0
) -> list[MissingThread]:
    """The threads at positions `start` up to `stop` (not included) that have no final row of this evaluator."""
    found = await session.execute(
        MISSING,
        {
            "run_id": run_id,
            "evaluator": evaluator,
            "repeat": repeat,
            "start": start,
            "stop": stop,
            "retryable": sorted(RETRYABLE),
        },
    )
    return [MissingThread.model_validate(row, from_attributes=True) for row in found]


async def list_evaluations(
    session: AsyncSession,
    run_id: UUID,
    *,
    thread_ids: Sequence[str] | None = None,
    evaluator: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Page[StoredEvaluation]:
    """The results of a run in the order of its snapshot, of these threads only where named; `limit` 0 means all."""
    row = ThreadEvaluationRow
    query = (
        select(row)
        .join(RunThreadRow, (RunThreadRow.run_id == row.run_id) & (RunThreadRow.thread_id == row.thread_id))
        .where(row.run_id == this_run(run_id))
        .order_by(RunThreadRow.position, row.evaluator, row.repeat)
    )
    if thread_ids is not None:
        query = query.where(row.thread_id == func.any(list(thread_ids)))
    if evaluator is not None:
        query = query.where(row.evaluator == evaluator)
    rows, total = await read_page(session, query, limit, offset)
    items = tuple(StoredEvaluation.model_validate(found[0], from_attributes=True) for found in rows)
    return Page(items, total, limit, offset)


async def list_thread_results(
    session: AsyncSession, run_id: UUID, *, limit: int = 100, offset: int = 0
) -> Page[ThreadResult]:
    """One row per thread of a run in the order of its snapshot; `limit` 0 means all."""
    query = (
        select(*RESULTS.c)
        .join(RunThreadRow, (RunThreadRow.run_id == RESULTS.c.run_id) & (RunThreadRow.thread_id == RESULTS.c.thread_id))
        .where(RESULTS.c.run_id == this_run(run_id))
        .order_by(RunThreadRow.position)
    )
    rows, total = await read_page(session, query, limit, offset)
    items = tuple(ThreadResult.model_validate(found, from_attributes=True) for found in rows)
    return Page(items, total, limit, offset)
