"""Threads of a run that still lack a row, drawn evenly: what an estimate looks at."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.this_run import THIS_RUN
from storage.records import RETRYABLE, Record

DRAW = text(f"""
    WITH final AS (
        SELECT thread_id, evaluator, count(*) AS rows FROM thread_evaluations
        WHERE run_id = {THIS_RUN} AND evaluator = ANY(:evaluators) AND repeat < :repeats
            AND (reason IS NULL OR reason <> ALL(:retryable))
        GROUP BY thread_id, evaluator
    ), settled AS (
        SELECT thread_id, sum(rows) AS rows FROM final GROUP BY thread_id
    ), missing AS (
        SELECT item.thread_id, item.thread_row, row_number() OVER (ORDER BY item.position) - 1 AS place,
               count(*) OVER () AS threads
        FROM run_threads AS item LEFT JOIN settled ON settled.thread_id = item.thread_id
        WHERE item.run_id = {THIS_RUN} AND coalesce(settled.rows, 0) < :repeats * cardinality(:evaluators)
    )
    SELECT missing.thread_row, missing.threads, name.evaluator, :repeats - coalesce(final.rows, 0) AS repeats
    FROM missing CROSS JOIN unnest(:evaluators) AS name (evaluator)
    LEFT JOIN final ON final.thread_id = missing.thread_id AND final.evaluator = name.evaluator
    WHERE (missing.place + 1) * :most / missing.threads > missing.place * :most / missing.threads
    ORDER BY missing.place, name.evaluator
""")


class MissingSample(Record):
    """Threads that lack a row, and a sample of them.

    Attributes:
        threads: How many there are.
        repeats: How many rows each thread of the sample lacks: by row id, then by evaluator.
    """

    threads: int = 0
    repeats: dict[UUID, dict[str, int]]


async def draw_missing(
    session: AsyncSession, run_id: UUID, evaluators: Sequence[str], repeats: int, most: int
) -> MissingSample:
    """Draw at most `most` of the threads that have not got all rows of these evaluators, evenly over the snapshot."""
    asked = {"run_id": run_id, "evaluators": list(evaluators), "repeats": repeats, "most": most}
    found = (await session.execute(DRAW, {**asked, "retryable": sorted(RETRYABLE)})).all()
    lacking: dict[UUID, dict[str, int]] = {}
    for row in found:
        lacking.setdefault(row.thread_row, {})[row.evaluator] = row.repeats
    return MissingSample(threads=found[0].threads if found else 0, repeats=lacking)
