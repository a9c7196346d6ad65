"""What earlier calls to a model used, read from the ledger."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.records import Judge
from storage.records.history import CallHistory

HISTORY = text("""
    WITH calls AS (
        SELECT split_part(log.method, '/', 1) AS evaluator, log.method LIKE '%/missing' AS follow_up,
               octet_length(log.system_prompt) + octet_length(log.prompt) AS bytes,
               log.tokens_in, log.tokens_cached, log.tokens_out
        FROM (
            SELECT id FROM eval_runs WHERE judge_provider = :provider AND judge_model = :model
            ORDER BY created_at DESC LIMIT :runs
        ) AS run
        CROSS JOIN LATERAL (
            SELECT * FROM api_logs
            WHERE run_id = run.id AND usable AND tokens_in > 0 AND jsonb_array_length(attempts) = 1
            LIMIT :calls
        ) AS log
    )
    SELECT evaluator, count(*) AS calls, count(*) FILTER (WHERE follow_up) AS follow_ups,
           count(bytes) AS shown_calls, coalesce(sum(bytes), 0) AS shown_bytes,
           coalesce(sum(tokens_in) FILTER (WHERE bytes IS NOT NULL), 0) AS shown_tokens_in,
           sum(tokens_in) AS tokens_in, sum(tokens_cached) AS tokens_cached, sum(tokens_out) AS tokens_out,
           coalesce(stddev_samp(tokens_out), 0) AS tokens_out_sd
    FROM calls GROUP BY evaluator ORDER BY evaluator
""")


async def call_history(session: AsyncSession, judge: Judge, *, runs: int = 5, calls: int = 500) -> list[CallHistory]:
    """What a judge's calls used in its newest runs, by evaluator; empty where it was never asked.

    Args:
        session: Open session.
        judge: Provider and model.
        runs: How many runs to look at.
        calls: Most calls of a run to look at.
    """
    asked = {"provider": judge.provider, "model": judge.model, "runs": runs, "calls": calls}
    found = await session.execute(HISTORY, asked)
    return [CallHistory.model_validate(row, from_attributes=True) for row in found]
