"""What `figures` asks Postgres.

`{rows}` stands for the table `thread_evaluations`, or for the view of it in which repeats are reduced to one row;
`{run}` for the run's id.
"""

from collections.abc import Mapping

EVALUATORS = """
    SELECT evaluator, coalesce(reason, ''), count(*) FROM {rows}
    WHERE run_id = {run} GROUP BY evaluator, reason ORDER BY evaluator, reason
"""

COMPLETED = """
    SELECT count(*) FROM (
        SELECT thread_id FROM thread_evaluations
        WHERE run_id = {run} AND evaluator = ANY(:evaluators) AND repeat < :repeats
        GROUP BY thread_id HAVING count(*) = :wanted) AS whole
"""

SUCCESS = """
    SELECT success_status, coalesce(success_reason, ''), count(*) FROM thread_results
    WHERE run_id = {run} GROUP BY success_status, success_reason
"""

LABELLED = """
    SELECT count(*) FILTER (WHERE success_status = labelled_success), count(*) FROM thread_results
    WHERE run_id = {run} AND success_status IS NOT NULL AND labelled_success IS NOT NULL
"""

SUMS = """
    SELECT count(*), coalesce(sum(k), 0), coalesce(sum(m), 0), coalesce(sum(k * k), 0), coalesce(sum(m * m), 0),
           coalesce(sum(k * m), 0)"""

INTENT = f"""
    {SUMS}
    FROM (
        SELECT CAST(result ->> 'correct' AS bigint) AS k, CAST(result ->> 'compared' AS bigint) AS m
        FROM {{rows}} WHERE run_id = {{run}} AND evaluator = 'intent' AND reason IS NULL) AS pairs
    WHERE m > 0
"""

QUERY_TYPE = f"""
    {SUMS}
    FROM (
        SELECT count(*) FILTER (WHERE message ->> 'query_type_correct' = 'true') AS k,
               count(*) FILTER (WHERE message ->> 'query_type_correct' IS NOT NULL) AS m
        FROM {{rows}} AS evaluation
        CROSS JOIN LATERAL jsonb_array_elements(evaluation.result -> 'messages') AS message
        WHERE evaluation.run_id = {{run}} AND evaluator = 'intent' GROUP BY thread_id) AS pairs
    WHERE m > 0
"""

UNSCORED_INTENTS = """
    SELECT coalesce(sum(CASE
        WHEN evaluation.result ? 'unscored' THEN jsonb_array_length(evaluation.result -> 'unscored')
        WHEN evaluation.reason IS NULL THEN 0
        ELSE (SELECT count(*) FROM jsonb_array_elements(threads.messages) AS message WHERE message ->> 'role' = 'user')
    END), 0)
    FROM {rows} AS evaluation
    JOIN run_threads AS item USING (run_id, thread_id) JOIN threads ON threads.id = item.thread_row
    WHERE evaluation.run_id = {run} AND evaluator = 'intent'
      AND (evaluation.reason IS NULL OR evaluation.reason <> 'not_applicable')
"""

WORST = """
    SELECT result.thread_id, worst_correctness, efficiency_verdict, intent_accuracy
    FROM thread_results AS result JOIN run_threads AS item USING (run_id, thread_id)
    WHERE run_id = {run} AND (worst_correctness IN ('CRITICAL', 'HARD FAIL', 'SOFT FAIL')
        OR efficiency_verdict IN ('BROKEN', 'FRICTION', 'INCOMPLETE') OR intent_accuracy < 1)
    ORDER BY array_position(ARRAY['CRITICAL', 'HARD FAIL', 'SOFT FAIL'], worst_correctness) NULLS LAST,
        array_position(ARRAY['BROKEN', 'FRICTION', 'INCOMPLETE'], efficiency_verdict) NULLS LAST,
        intent_accuracy NULLS LAST, item.position
    LIMIT :limit
"""

COUNT = """
    SELECT label, count(*) FROM ({labels}) AS labels (label)
    WHERE label IS NOT NULL GROUP BY label ORDER BY count(*) DESC, label
"""

LABELS: Mapping[str, str] = {
    "worst_correctness": "SELECT verdict FROM {rows} WHERE run_id = {run} AND evaluator = 'correctness'",
    "efficiency_verdict": "SELECT verdict FROM {rows} WHERE run_id = {run} AND evaluator = 'efficiency'",
    "correctness_messages": """
        SELECT message ->> 'verdict' FROM {rows} CROSS JOIN LATERAL
            jsonb_array_elements(result -> 'messages') AS message
        WHERE run_id = {run} AND evaluator = 'correctness'""",
    "friction_cause": """
        SELECT friction ->> 'cause' FROM {rows} CROSS JOIN LATERAL
            jsonb_array_elements(result -> 'friction') AS friction
        WHERE run_id = {run} AND evaluator = 'efficiency'""",
    "recovery": """
        SELECT result ->> 'recovery' FROM {rows}
        WHERE run_id = {run} AND evaluator = 'efficiency' AND reason IS NULL""",
    "policy_violated": """
        SELECT rule ->> 'id' FROM {rows} CROSS JOIN LATERAL
            jsonb_array_elements(result -> 'policy') AS rule
        WHERE run_id = {run} AND evaluator = 'correctness' AND rule ->> 'status' = 'VIOLATED'""",
    "check": """
        SELECT finding ->> 'check' FROM {rows} CROSS JOIN LATERAL jsonb_array_elements(
            coalesce(result -> 'messages', '[]') || coalesce(result -> 'friction', '[]')) AS finding
        WHERE run_id = {run}""",
}
