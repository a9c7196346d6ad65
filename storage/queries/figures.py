"""The figures of a run, counted in Postgres: what a summary is made of, whatever the number of threads."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.records import RunFigures, SuccessFigures, WorstThread

EVALUATORS = text("""
    SELECT evaluator, coalesce(reason, ''), count(*) FROM thread_evaluations
    WHERE run_id = :run_id GROUP BY evaluator, reason ORDER BY evaluator, reason
""")

COMPLETED = text("""
    SELECT count(*) FROM (
        SELECT thread_id FROM thread_evaluations WHERE run_id = :run_id AND evaluator = ANY(:evaluators) AND repeat = 0
        GROUP BY thread_id HAVING count(*) = :wanted) AS whole
""")

SUCCESS = text("""
    SELECT success_status, coalesce(success_reason, ''), count(*) FROM thread_results
    WHERE run_id = :run_id GROUP BY success_status, success_reason
""")

LABELLED = text("""
    SELECT count(*) FILTER (WHERE success_status = labelled_success), count(*) FROM thread_results
    WHERE run_id = :run_id AND success_status IS NOT NULL AND labelled_success IS NOT NULL
""")

CLUSTERS = """
    SELECT count(*), coalesce(sum(k), 0), coalesce(sum(m), 0), coalesce(sum(k * k), 0), coalesce(sum(m * m), 0),
           coalesce(sum(k * m), 0)
    FROM ({pairs}) AS pairs WHERE m > 0
"""

INTENT = text(
    CLUSTERS.format(
        pairs="""
        SELECT CAST(result ->> 'correct' AS bigint) AS k, CAST(result ->> 'compared' AS bigint) AS m
        FROM thread_evaluations WHERE run_id = :run_id AND evaluator = 'intent' AND reason IS NULL"""
    )
)

QUERY_TYPE = text(
    CLUSTERS.format(
        pairs="""
        SELECT count(*) FILTER (WHERE message ->> 'query_type_correct' = 'true') AS k,
               count(*) FILTER (WHERE message ->> 'query_type_correct' IS NOT NULL) AS m
        FROM thread_evaluations AS evaluation
        CROSS JOIN LATERAL jsonb_array_elements(evaluation.result -> 'messages') AS message
        WHERE evaluation.run_id = :run_id AND evaluator = 'intent' GROUP BY thread_id, repeat"""
    )
)

UNSCORED_INTENTS = text("""
    SELECT coalesce(sum(CASE
        WHEN evaluation.result ? 'unscored' THEN jsonb_array_length(evaluation.result -> 'unscored')
        WHEN evaluation.reason IS NULL THEN 0
        ELSE (SELECT count(*) FROM jsonb_array_elements(threads.messages) AS message WHERE message ->> 'role' = 'user')
    END), 0)
    FROM thread_evaluations AS evaluation
    JOIN run_threads AS item USING (run_id, thread_id) JOIN threads ON threads.id = item.thread_row
    WHERE evaluation.run_id = :run_id AND evaluator = 'intent'
      AND (evaluation.reason IS NULL OR evaluation.reason <> 'not_applicable')
""")

COUNTS: Mapping[str, str] = {
    "worst_correctness": "SELECT verdict FROM thread_evaluations WHERE run_id = :run_id AND evaluator = 'correctness'",
    "efficiency_verdict": "SELECT verdict FROM thread_evaluations WHERE run_id = :run_id AND evaluator = 'efficiency'",
    "correctness_messages": """
        SELECT message ->> 'verdict' FROM thread_evaluations CROSS JOIN LATERAL
            jsonb_array_elements(result -> 'messages') AS message
        WHERE run_id = :run_id AND evaluator = 'correctness'""",
    "friction_cause": """
        SELECT friction ->> 'cause' FROM thread_evaluations CROSS JOIN LATERAL
            jsonb_array_elements(result -> 'friction') AS friction
        WHERE run_id = :run_id AND evaluator = 'efficiency'""",
    "recovery": """
        SELECT result ->> 'recovery' FROM thread_evaluations
        WHERE run_id = :run_id AND evaluator = 'efficiency' AND reason IS NULL""",
    "policy_violated": """
        SELECT rule ->> 'id' FROM thread_evaluations CROSS JOIN LATERAL
            jsonb_array_elements(result -> 'policy') AS rule
        WHERE run_id = :run_id AND evaluator = 'correctness' AND rule ->> 'status' = 'VIOLATED'""",
    "check": """
        SELECT finding ->> 'check' FROM thread_evaluations CROSS JOIN LATERAL jsonb_array_elements(
            coalesce(result -> 'messages', '[]') || coalesce(result -> 'friction', '[]')) AS finding
        WHERE run_id = :run_id""",
}

WORST = text("""
    SELECT result.thread_id, worst_correctness, efficiency_verdict, intent_accuracy
    FROM thread_results AS result JOIN run_threads AS item USING (run_id, thread_id)
    WHERE run_id = :run_id AND (worst_correctness IN ('CRITICAL', 'HARD FAIL', 'SOFT FAIL')
        OR efficiency_verdict IN ('BROKEN', 'FRICTION', 'INCOMPLETE') OR intent_accuracy < 1)
    ORDER BY array_position(ARRAY['CRITICAL', 'HARD FAIL', 'SOFT FAIL'], worst_correctness) NULLS LAST,
        array_position(ARRAY['BROKEN', 'FRICTION', 'INCOMPLETE'], efficiency_verdict) NULLS LAST,
        intent_accuracy NULLS LAST, item.position
    LIMIT :limit
""")


async def count_figures(session: AsyncSession, run_id: UUID, evaluators: list[str], worst: int = 5) -> RunFigures:
    """Count the figures of a run over the rows it has; `worst` is how many threads to name."""
    run = {"run_id": run_id}
    by_evaluator: dict[str, dict[str, int]] = {name: {} for name in evaluators}
    for evaluator, reason, n in await session.execute(EVALUATORS, run):
        by_evaluator.setdefault(evaluator, {})[reason] = n
    completed = await session.execute(COMPLETED, {**run, "evaluators": evaluators, "wanted": len(evaluators)})
    worst_rows = await session.execute(WORST, {**run, "limit": worst})
    return RunFigures(
        evaluators=by_evaluator,
        completed=completed.scalar_one(),
        success=await _success(session, run_id),
        intent=tuple(int(n) for n in (await session.execute(INTENT, run)).one()),
        query_type=tuple(int(n) for n in (await session.execute(QUERY_TYPE, run)).one()),
        unscored_intents=int((await session.execute(UNSCORED_INTENTS, run)).scalar_one()),
        counts={name: await _count(session, run_id, name) for name in COUNTS},
        worst=tuple(WorstThread.model_validate(row, from_attributes=True) for row in worst_rows),
    )


async def _success(session: AsyncSession, run_id: UUID) -> SuccessFigures:
    statuses: dict[bool, int] = defaultdict(int)
    unscored: dict[str, int] = defaultdict(int)
    for status, reason, n in await session.execute(SUCCESS, {"run_id": run_id}):
        if status is None:
            unscored[reason] += n
        else:
            statuses[status] += n
    agree, labelled = (await session.execute(LABELLED, {"run_id": run_id})).one()
    return SuccessFigures(
        true=statuses[True],
        false=statuses[False],
        unscored=dict(unscored),
        labelled_agree=agree,
        labelled=labelled,
    )


async def _count(session: AsyncSession, run_id: UUID, name: str) -> dict[str, int]:
    query = text(
        f"SELECT label, count(*) FROM ({COUNTS[name]}) AS labels (label) "
        "WHERE label IS NOT NULL GROUP BY label ORDER BY count(*) DESC, label"
    )
    return {label: n for label, n in await session.execute(query, {"run_id": run_id})}
