"""What `pairs` asks Postgres, and which metrics the answer holds."""

from collections.abc import Mapping

BOTH = ("correctness", "efficiency")

THREAD_METRICS: Mapping[str, tuple[str, ...]] = {
    "success_rate": BOTH,
    "correctness_pass": ("correctness",),
    "correctness_below_hard_fail": ("correctness",),
    "efficiency_without_friction": ("efficiency",),
    "intent_accuracy": ("intent",),
    "query_type_accuracy": ("intent",),
    "labelled_agreement": BOTH,
}
"""The metrics of `THREAD_SCORES` in its order, and the evaluators each is made of."""

THREAD_SCORES = """
    SELECT item.thread_id, thread.content_hash, thread.user_id,
        10 * coalesce(array_position(ARRAY['CRITICAL', 'HARD FAIL', 'SOFT FAIL'], result.worst_correctness), 9)
            + coalesce(array_position(ARRAY['BROKEN', 'INCOMPLETE', 'FRICTION'], result.efficiency_verdict), 9),
        CAST(result.success_status AS integer), success.m,
        CAST(result.worst_correctness IN ('PASS', 'NOT APPLICABLE') AS integer), correctness.m,
        CAST(result.worst_correctness NOT IN ('HARD FAIL', 'CRITICAL') AS integer), correctness.m,
        CAST(result.efficiency_verdict IN ('EFFICIENT', 'ACCEPTABLE') AS integer), efficiency.m,
        intent.k, CASE WHEN intent.reason = 'not_applicable' THEN 0 WHEN intent.reason IS NULL THEN intent.m END,
        query_type.k, CASE
            WHEN query_type.m > 0 THEN query_type.m WHEN coalesce(intent.reason, 'not_applicable') = 'not_applicable'
            THEN 0 END,
        CAST(result.success_status = thread.labelled_success AS integer),
        CASE WHEN thread.labelled_success IS NULL THEN 0 ELSE success.m END
    FROM run_threads AS item
    JOIN threads AS thread ON thread.id = item.thread_row
    LEFT JOIN (SELECT * FROM thread_results WHERE run_id = {run}) AS result ON result.thread_id = item.thread_id
    LEFT JOIN (
        SELECT thread_id, reason, CAST(result ->> 'correct' AS bigint) AS k, CAST(result ->> 'compared' AS bigint) AS m
        FROM {rows} WHERE run_id = {run} AND evaluator = 'intent') AS intent ON intent.thread_id = item.thread_id
    LEFT JOIN (
        SELECT thread_id, count(*) FILTER (WHERE message ->> 'query_type_correct' = 'true') AS k,
            count(*) FILTER (WHERE message ->> 'query_type_correct' IS NOT NULL) AS m
        FROM {rows} AS evaluation
        CROSS JOIN LATERAL jsonb_array_elements(evaluation.result -> 'messages') AS message
        WHERE evaluation.run_id = {run} AND evaluator = 'intent' GROUP BY thread_id
    ) AS query_type ON query_type.thread_id = item.thread_id
    CROSS JOIN LATERAL (SELECT CASE
        WHEN result.success_status IS NOT NULL THEN 1 WHEN result.success_reason LIKE '%not_applicable%' THEN 0
        END AS m) AS success
    CROSS JOIN LATERAL (SELECT CASE
        WHEN result.worst_correctness IS NOT NULL THEN 1 WHEN result.correctness_reason = 'not_applicable' THEN 0
        END AS m) AS correctness
    CROSS JOIN LATERAL (SELECT CASE
        WHEN result.efficiency_verdict IS NOT NULL THEN 1 WHEN result.efficiency_reason = 'not_applicable' THEN 0
        END AS m) AS efficiency
    WHERE item.run_id = {run}
    ORDER BY item.position
"""
"""One row per item: its id, its content hash, its user (NULL: not known), how bad it is as a whole (the smaller the
worse), and for each of THREAD_METRICS how many successes of how many: 0 where there is nothing to score, NULL where it
should have been scored and was not. `{rows}` and `{run}` as in `figure_queries`."""
