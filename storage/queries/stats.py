"""Figures over all runs, by app, flow and judge."""

from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.records import Record

STATS = text("""
    SELECT run.app, run.flow, run.judge_provider || coalesce(':' || run.judge_model, '') AS judge,
           count(*) AS runs, count(*) FILTER (WHERE run.status LIKE 'completed%') AS completed,
           coalesce(sum(run.items), 0) AS threads, coalesce(sum(evaluated.rows), 0) AS rows,
           coalesce(sum(evaluated.scored), 0) AS scored, coalesce(sum(called.calls), 0) AS calls,
           coalesce(sum(called.tokens), 0) AS tokens,
           CASE WHEN coalesce(sum(called.unpriced), 0) = 0 THEN coalesce(sum(called.cost_usd), 0) END AS cost_usd
    FROM eval_runs AS run
    LEFT JOIN LATERAL (
        SELECT count(*) AS rows, count(*) FILTER (WHERE reason IS NULL) AS scored
        FROM thread_evaluations WHERE run_id = run.id) AS evaluated ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS calls, sum(tokens_in + tokens_out) AS tokens, sum(cost_usd) AS cost_usd,
               count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced
        FROM api_logs WHERE run_id = run.id) AS called ON true
    WHERE CAST(:app AS text) IS NULL OR run.app = :app
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")


class Stats(Record):
    """Figures of the runs of one app, flow and judge.

    Attributes:
        threads: Threads in all snapshots, one in two runs counted twice.
        rows: Evaluator rows.
        scored: Evaluator rows with a score.
        tokens: Tokens in and out of all calls.
        cost_usd: None as soon as one call's price is not known.
    """

    app: str
    flow: str
    judge: str
    runs: int
    completed: int
    threads: int
    rows: int
    scored: int
    calls: int
    tokens: int
    cost_usd: Decimal | None


async def read_stats(session: AsyncSession, *, app: str | None = None) -> tuple[Stats, ...]:
    """Figures over all runs; `app` None means every bot."""
    rows = await session.execute(STATS, {"app": app})
    return tuple(Stats.model_validate(row, from_attributes=True) for row in rows)
