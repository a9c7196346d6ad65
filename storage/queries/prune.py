"""Retention: which runs are old enough to go, and deleting or erasing them piece by piece."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.erasing import REASONS_ONLY
from storage.records import Record

BEING_PRUNED: Final = "its rows are being deleted: run 'evalflows db prune' again"
ROWS_OF_A_RUN: Final = {"thread_evaluations": "thread_id", "api_logs": "request_hash", "run_threads": "position"}
"""What is deleted in pieces, and a column that the pieces go by; the rest goes with the run's row."""

# A run is of a suite of a plan, else of its source. What the next night will be compared with stays, and what that was
# compared with; so does all that belongs to a night that is not over. A night's run without threads is no baseline.
PRUNABLE = text("""
    WITH baseline AS (
        SELECT unnest(ARRAY[run_id, compared_with]) AS id FROM (
            SELECT one.run_id, one.compared_with, row_number() OVER (
                PARTITION BY one.plan, one.suite ORDER BY one.night DESC) AS place
            FROM night_suites AS one JOIN eval_runs AS run ON run.id = one.run_id
            WHERE one.status = 'succeeded' AND run.items > 0 AND coalesce(run.params ->> 'dry_run', 'false') = 'false'
        ) AS good WHERE place = 1
        UNION ALL SELECT unnest(ARRAY[run_id, compared_with]) FROM night_suites WHERE status IN ('waiting', 'running')
        UNION ALL SELECT run_id FROM nights WHERE status = 'running'
    ), part AS (
        SELECT DISTINCT ON (run_id) run_id, plan || '/' || suite AS suite FROM night_suites ORDER BY run_id, night
    ), aged AS (
        SELECT run.id, run.app, run.flow, run.status, run.created_at,
            coalesce(run.finished_at, run.created_at) AS ended_at,
            coalesce(part.suite, run.params ->> 'source', '') AS suite
        FROM eval_runs AS run LEFT JOIN part ON part.run_id = run.id
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY app, flow, suite ORDER BY created_at DESC) AS place FROM aged
    )
    SELECT id AS run_id, app, flow, suite, status, ended_at,
        CASE WHEN status = 'running' THEN 'running' WHEN place <= :keep_last THEN 'last'
            WHEN NOT :content_only AND EXISTS (SELECT FROM baseline WHERE baseline.id = ranked.id) THEN 'baseline'
        END AS kept_as
    FROM ranked
    WHERE ended_at < :before AND (CAST(:app AS text) IS NULL OR app = :app)
    ORDER BY ended_at, id
""")


def _average_row(table: str) -> str:
    """Bytes of a row with all it holds elsewhere, over some of the run; dead rows of the table do not count."""
    rows = f"SELECT * FROM {table} WHERE run_id = run.id LIMIT 100"
    return f"(SELECT coalesce(avg(pg_column_size(few.*)), 0) FROM ({rows}) AS few)"


COUNTS = text(f"""
    SELECT run.id,
        (SELECT count(*) FROM thread_evaluations AS one WHERE one.run_id = run.id) AS evaluations,
        (SELECT count(*) FROM api_logs AS one WHERE one.run_id = run.id) AS calls,
        (SELECT count(*) FROM run_threads AS one WHERE one.run_id = run.id) AS threads,
        {_average_row("thread_evaluations")} AS of_evaluation,
        {_average_row("api_logs")} AS of_call,
        {_average_row("run_threads")} AS of_thread,
        (SELECT coalesce(sum(coalesce(pg_column_size(system_prompt), 0) + coalesce(pg_column_size(prompt), 0)
                             + coalesce(pg_column_size(response), 0)), 0)
         FROM api_logs AS one WHERE :content_only AND one.run_id = run.id) AS content
    FROM unnest(CAST(:runs AS uuid[])) AS run (id)
""")

BEGIN = text("""
    UPDATE eval_runs SET status = 'failed', error_message = :why, summary = NULL, completed = 0
    WHERE id = :run_id AND status <> 'running' RETURNING id
""")

ERASE = text(f"""
    WITH piece AS (
        SELECT request_hash FROM api_logs WHERE run_id = :run_id AND request_hash > :after
        ORDER BY request_hash LIMIT :rows
    ), erased AS (
        UPDATE api_logs SET {REASONS_ONLY} FROM piece
        WHERE api_logs.run_id = :run_id AND api_logs.request_hash = piece.request_hash AND prompt IS NOT NULL
    )
    SELECT max(request_hash) FROM piece
""")

UNUSED_THREADS = """
    FROM threads WHERE last_seen_at < :before AND (CAST(:app AS text) IS NULL OR app = :app)
        AND NOT EXISTS (SELECT FROM run_threads WHERE thread_row = threads.id)
"""
COUNT_UNUSED = text(f"SELECT count(*), coalesce(sum(pg_column_size(messages)), 0) {UNUSED_THREADS}")
DELETE_UNUSED = text(f"""
    DELETE FROM threads WHERE id IN (SELECT id {UNUSED_THREADS} LIMIT :rows FOR UPDATE SKIP LOCKED) RETURNING id
""")


class AgedRun(Record):
    """A run that ended before the date.

    Attributes:
        suite: `plan/suite` for a run of a night, else its source.
        kept_as: Why it stays: `running`, `last` (one of the last of its suite), `baseline` (what a night is, or was,
            compared with); None when it may go.
    """

    run_id: UUID
    app: str
    flow: str
    suite: str
    status: str
    ended_at: AwareDatetime
    kept_as: str | None


class RunSize(Record):
    """Rows of a run, and about how many bytes they take, indexes left out."""

    evaluations: int
    calls: int
    threads: int
    bytes: int


async def aged_runs(
    session: AsyncSession, before: datetime, *, app: str | None = None, keep_last: int = 0, content_only: bool = False
) -> tuple[AgedRun, ...]:
    """The runs that ended before a time, oldest first, and which of them stay all the same.

    Args:
        session: Open session.
        before: When they had ended.
        app: Only runs about this bot; None means all.
        keep_last: So many of each app, flow and suite stay, however old.
        content_only: Only prompts and answers are to go, which no later night is compared with.
    """
    parameters = {"before": before, "app": app, "keep_last": keep_last, "content_only": content_only}
    found = await session.execute(PRUNABLE, parameters)
    return tuple(AgedRun.model_validate(row, from_attributes=True) for row in found)


async def size_of_runs(
    session: AsyncSession, runs: Sequence[UUID], *, content_only: bool = False
) -> dict[UUID, RunSize]:
    """How much each run holds; in bytes its rows by some of them, or its prompts and answers alone, as stored."""
    sizes: dict[UUID, RunSize] = {}
    for row in await session.execute(COUNTS, {"runs": list(runs), "content_only": content_only}):
        held = (row.evaluations, row.of_evaluation), (row.calls, row.of_call), (row.threads, row.of_thread)
        size = int(row.content) if content_only else int(sum(n * average for n, average in held))
        sizes[row.id] = RunSize(evaluations=row.evaluations, calls=row.calls, threads=row.threads, bytes=size)
    return sizes


async def begin_deletion(session: AsyncSession, run_id: UUID) -> bool:
    """Say of the run that it is no result any more; False where it runs, or is gone. Its lock is to be held."""
    return (await session.execute(BEGIN, {"run_id": run_id, "why": BEING_PRUNED})).scalar_one_or_none() is not None


async def delete_rows(session: AsyncSession, run_id: UUID, table: str, rows: int) -> int:
    """Delete some rows of a run from one of ROWS_OF_A_RUN; returns how many, 0 when none is left."""
    piece = f"SELECT ctid FROM {table} WHERE run_id = :run_id LIMIT :rows"
    query = text(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({piece})) RETURNING 1")
    return len((await session.execute(query, {"run_id": run_id, "rows": rows})).all())


async def delete_run(session: AsyncSession, run_id: UUID) -> None:
    """Delete the row of a run, with what is left of it."""
    await session.execute(text("DELETE FROM eval_runs WHERE id = :run_id"), {"run_id": run_id})


async def erase_some(session: AsyncSession, run_id: UUID, after: str, rows: int) -> str | None:
    """Erase prompts and answers of so many calls after this request hash; returns the last hash, None at the end."""
    return (await session.execute(ERASE, {"run_id": run_id, "after": after, "rows": rows})).scalar_one()


async def count_unused_threads(session: AsyncSession, before: datetime, app: str | None = None) -> tuple[int, int]:
    """Thread contents that no run refers to and no source or import has brought since; how many, and their bytes."""
    n, size = (await session.execute(COUNT_UNUSED, {"before": before, "app": app})).one()
    return int(n), int(size)


async def delete_unused_threads(session: AsyncSession, before: datetime, app: str | None, rows: int) -> int:
    """Delete so many of them; returns how many, 0 when none is left."""
    parameters = {"before": before, "app": app, "rows": rows}
    return len((await session.execute(DELETE_UNUSED, parameters)).all())


async def delete_expired_leases(session: AsyncSession) -> None:
    """Delete shares of rate limits whose process is long gone; others count them no more."""
    await session.execute(text("DELETE FROM rate_leases WHERE expires_at < clock_timestamp()"))
