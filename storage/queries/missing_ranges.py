"""What a run still lacks, as ranges of positions that are about as much work each."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.this_run import THIS_RUN
from storage.records import RETRYABLE

RANGES = text(f"""
    WITH settled AS (
        SELECT thread_id, count(*) AS rows FROM thread_evaluations
        WHERE run_id = {THIS_RUN} AND evaluator = ANY(:evaluators) AND repeat < :repeats
            AND (reason IS NULL OR reason <> ALL(:retryable))
        GROUP BY thread_id
    ), missing AS (
        SELECT item.position, row_number() OVER (ORDER BY item.position) - 1 AS place, count(*) OVER () AS threads
        FROM run_threads AS item LEFT JOIN settled ON settled.thread_id = item.thread_id
        WHERE item.run_id = {THIS_RUN} AND coalesce(settled.rows, 0) < :repeats * cardinality(:evaluators)
    )
    SELECT min(position) AS first, max(position) + 1 AS stop
    FROM missing
    GROUP BY place * least(:ranges, (threads + :smallest - 1) / :smallest) / threads
    ORDER BY 1
""")


async def missing_ranges(
    session: AsyncSession, run_id: UUID, evaluators: Sequence[str], repeats: int, ranges: int, smallest: int
) -> list[range]:
    """Cut the positions of the threads that lack a final row into ranges.

    Args:
        session: Open session.
        run_id: The run.
        evaluators: Whose rows.
        repeats: How many rows of each evaluator a thread is to have.
        ranges: Most ranges.
        smallest: So many missing threads are worth a range of their own.

    Returns:
        Ranges that do not overlap, in order; none where nothing is missing. Between the missing threads of a range may
        lie some that are not.
    """
    asked = {"run_id": run_id, "evaluators": list(evaluators), "repeats": repeats, "retryable": sorted(RETRYABLE)}
    found = await session.execute(RANGES, {**asked, "ranges": ranges, "smallest": smallest})
    return [range(first, stop) for first, stop in found]
