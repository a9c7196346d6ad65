"""How the repeats of a run agree: which labels the repeats of each thread have, and how many threads have the same."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

REPEAT_COUNTS = text("""
    SELECT evaluator, labels, count(*) FROM (
        SELECT evaluator, thread_id, jsonb_object_agg(label, n) AS labels FROM (
            SELECT evaluator, thread_id, coalesce(verdict, CAST(score AS text), 'none') AS label, count(*) AS n
            FROM thread_evaluations WHERE run_id = :run_id AND reason IS NULL
            GROUP BY evaluator, thread_id, label
        ) AS counted GROUP BY evaluator, thread_id HAVING sum(n) >= 2
    ) AS threads GROUP BY evaluator, labels ORDER BY evaluator, count(*) DESC, labels
""")


async def repeat_counts(session: AsyncSession, run_id: UUID) -> dict[str, list[tuple[dict[str, int], int]]]:
    """By evaluator, each combination of labels that the scored repeats of a thread have, and how many threads have it.

    A label is the verdict, or the score as text (`none` where a scored row has neither). Threads with fewer than two
    scored repeats say nothing and are left out.
    """
    found: dict[str, list[tuple[dict[str, int], int]]] = defaultdict(list)
    for evaluator, labels, threads in await session.execute(REPEAT_COUNTS, {"run_id": run_id}):
        found[evaluator].append((labels, threads))
    return dict(found)
