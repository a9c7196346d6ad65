"""Views for dashboards: runs, metrics over time, spending, calls, nights; and what keeps them fast."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JUDGE = "run.judge_provider || COALESCE(':' || run.judge_model, '')"
IS_DRY = "COALESCE(run.params ->> 'dry_run', 'false') = 'true'"

# In UTC, whatever the session's time zone: only what does not depend on a setting can be indexed.
HOUR = "date_trunc('hour', (created_at AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC'"
DAY = "CAST(created_at AT TIME ZONE 'UTC' AS date)"
INDEXES = {
    "ix_api_logs_hour": ("api_logs", [sa.text(f"({HOUR})")], None),
    "ix_api_logs_day": ("api_logs", [sa.text(f"({DAY})")], None),
    "ix_thread_evaluations_unscored": (
        "thread_evaluations", ["run_id", "evaluator", "reason"], sa.text("reason IS NOT NULL"),
    ),
}  # fmt: skip

# Of the run's own row alone. The share is of the rows that should have been scored, which `not_applicable` is not.
RUN_OVERVIEW = f"""
SELECT run.id AS run_id, run.flow, run.app, run.name, {JUDGE} AS judge, run.status, {IS_DRY} AS dry_run,
    run.params ->> 'source' AS source, run.created_at, run.started_at, run.finished_at, run.duration_seconds,
    run.items, run.completed, CAST(run.summary ->> 'calls' AS bigint) AS calls, run.cost_usd,
    run.tokens_in, run.tokens_out, unscored.rows AS unscored,
    unscored.rows / NULLIF(CAST(evaluated.rows AS double precision), 0) AS unscored_share, run.error_message
FROM eval_runs AS run
LEFT JOIN LATERAL (
    SELECT COALESCE(sum(CAST(value AS bigint)) FILTER (WHERE key <> 'not_applicable'), 0) AS rows,
        COALESCE(sum(CAST(value AS bigint)) FILTER (WHERE key = 'not_applicable'), 0) AS not_applicable
    FROM jsonb_each_text(run.summary -> 'unscored')
) AS unscored ON run.summary IS NOT NULL
LEFT JOIN LATERAL (
    SELECT sum(CAST(value ->> 'n' AS bigint)) * CAST(run.summary ->> 'repeats' AS bigint)
        - unscored.not_applicable AS rows
    FROM jsonb_each(run.summary -> 'evaluators')
) AS evaluated ON run.summary IS NOT NULL
"""

METRIC_HISTORY = f"""
SELECT run.id AS run_id, run.app, run.flow, run.name, {JUDGE} AS judge, run.params ->> 'source' AS source,
    run.snapshot_hash, left(md5(CAST(run.versions AS text)), 12) AS versions_key, run.finished_at, metric.key AS metric,
    CAST(metric.value ->> 'value' AS double precision) AS value, CAST(metric.value ->> 'n' AS bigint) AS n,
    CAST(metric.value ->> 'low' AS double precision) AS low, CAST(metric.value ->> 'high' AS double precision) AS high,
    CAST(metric.value ->> 'unscored' AS bigint) AS unscored
FROM eval_runs AS run
CROSS JOIN LATERAL jsonb_each(run.summary -> 'metrics') AS metric
WHERE run.status IN ('completed', 'completed_with_errors') AND NOT {IS_DRY}
"""

# By the time of a request's first attempt. Where a model's price is not known, its calls are in `unpriced`.
SPENDING_BY_DAY = f"""
SELECT call.day, run.app, run.flow, call.provider, call.model, sum(call.requests) AS requests,
    sum(call.tokens_in) AS tokens_in, sum(call.tokens_out) AS tokens_out, sum(call.cost_usd) AS cost_usd,
    sum(call.unpriced) AS unpriced
FROM (
    SELECT {DAY} AS day, call.run_id, call.provider, call.model, count(*) AS requests,
        sum(call.tokens_in) AS tokens_in, sum(call.tokens_out) AS tokens_out,
        COALESCE(sum(call.cost_usd), 0) AS cost_usd, count(*) FILTER (WHERE call.cost_usd IS NULL) AS unpriced
    FROM api_logs AS call GROUP BY 1, 2, 3, 4
) AS call
JOIN eval_runs AS run ON run.id = call.run_id
GROUP BY 1, 2, 3, 4, 5
"""

UNSCORED_BY_REASON = f"""
SELECT row.run_id, run.app, run.flow, {JUDGE} AS judge, run.status, run.created_at, row.evaluator, row.reason, row.rows
FROM (
    SELECT run_id, evaluator, reason, count(*) AS rows FROM thread_evaluations
    WHERE reason IS NOT NULL GROUP BY run_id, evaluator, reason
) AS row
JOIN eval_runs AS run ON run.id = row.run_id
"""

# Attempts, answers that another run had paid for left out. An error begins with its reason, then the API's status.
CALL_HEALTH = f"""
SELECT hour, provider, model, count(*) AS calls, count(*) FILTER (WHERE error IS NOT NULL) AS errors,
    count(*) FILTER (WHERE error LIKE 'infra%') AS infra,
    count(*) FILTER (WHERE error LIKE 'judge_failed%') AS judge_failed,
    count(*) FILTER (WHERE error LIKE 'refused%') AS refused,
    count(*) FILTER (WHERE error LIKE 'truncated%') AS truncated,
    count(*) FILTER (WHERE error LIKE 'unparseable%') AS unparseable,
    count(*) FILTER (WHERE error ~ '^infra: (Error code: )?429') AS rate_limited,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS p50_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95_ms
FROM (
    SELECT {HOUR} AS hour, call.provider, call.model, attempt ->> 'error' AS error,
        CAST(attempt ->> 'duration_ms' AS double precision) AS duration_ms
    FROM api_logs AS call CROSS JOIN LATERAL jsonb_array_elements(call.attempts) AS attempt
    WHERE NOT attempt ? 'reused_from'
) AS asked
GROUP BY hour, provider, model
"""

NIGHT_RESULTS = """
SELECT night.plan, night.night, night.status AS night_status, night.started_at, night.finished_at,
    suite.suite, suite.kind, suite.flow, suite.app, suite.status, suite.error, suite.run_id, run.status AS run_status,
    suite.compared_with, suite.comparison, run.cost_usd,
    ARRAY(
        SELECT change -> 'difference' ->> 'name' FROM jsonb_array_elements(suite.comparison -> 'changes') AS change
        WHERE change ->> 'verdict' = 'regression' ORDER BY 1
    ) AS regressed
FROM nights AS night
LEFT JOIN night_suites AS suite USING (plan, night)
LEFT JOIN eval_runs AS run ON run.id = suite.run_id
"""

# A run that no process holds the lock of (storage/run_lock.py) is lost: the next command sets it to crashed.
LIVE_RUNS = f"""
SELECT run.id AS run_id, run.flow, run.app, run.name, {JUDGE} AS judge, run.started_at,
    CAST(extract(epoch FROM now() - run.started_at) AS double precision) AS age_seconds,
    CAST(run.progress ->> 'current' AS bigint) AS current, CAST(run.progress ->> 'total' AS bigint) AS total,
    CAST(run.progress ->> 'current' AS double precision)
        / NULLIF(CAST(run.progress ->> 'total' AS double precision), 0) AS share,
    run.progress ->> 'message' AS message, run.cancel_requested,
    NOT EXISTS (
        SELECT FROM pg_locks AS held
        WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
            AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (CAST(held.classid AS bigint) << 32 | CAST(held.objid AS bigint))
                = CAST(CAST('x' || left(replace(CAST(run.id AS text), '-', ''), 16) AS bit(64)) AS bigint)
    ) AS is_lost,
    (SELECT max(done.created_at) FROM thread_evaluations AS done WHERE done.run_id = run.id) AS last_result_at,
    shards.shards, shards.completed AS shards_completed, shards.lost AS shards_lost
FROM eval_runs AS run
LEFT JOIN LATERAL (
    SELECT count(*) AS shards, count(*) FILTER (WHERE status = 'completed') AS completed,
        count(*) FILTER (WHERE status IN ('lost', 'failed')) AS lost
    FROM run_shards WHERE run_id = run.id
) AS shards ON true
WHERE run.status = 'running'
"""

VIEWS = {
    "run_overview": RUN_OVERVIEW,
    "metric_history": METRIC_HISTORY,
    "spending_by_day": SPENDING_BY_DAY,
    "unscored_by_reason": UNSCORED_BY_REASON,
    "call_health": CALL_HEALTH,
    "night_results": NIGHT_RESULTS,
    "live_runs": LIVE_RUNS,
}


def upgrade() -> None:
    """Go up."""
    for name, (table, columns, where) in INDEXES.items():
        op.create_index(name, table, columns, unique=False, postgresql_where=where)
    has_invoker = (op.get_bind().dialect.server_version_info or ()) >= (15,)
    options = "WITH (security_invoker = true) " if has_invoker else ""
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} {options}AS {query}")


def downgrade() -> None:
    """Go back down."""
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
