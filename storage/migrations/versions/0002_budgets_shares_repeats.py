"""Budgets and shares of rate limits, a ledger whose content can be erased, and repeats reduced to one row."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = (
    "evaluator_version", "judge", "content_hash", "verdict", "score", "reason", "detail", "result", "tries", "created_at",
)  # fmt: skip
OF_EVALUATION = ", ".join(f"evaluation.{column}" for column in COLUMNS)

# The runs of one repeat are read as they stand.
SINGLE = f"""
SELECT evaluation.run_id, evaluation.thread_id, evaluation.evaluator, evaluation.repeat, {OF_EVALUATION},
    CAST(1 AS bigint) AS n_repeats,
    CAST(CASE WHEN evaluation.reason IS NULL THEN 1 ELSE 0 END AS bigint) AS n_scored
FROM thread_evaluations AS evaluation
JOIN eval_runs AS run ON run.id = evaluation.run_id
WHERE evaluation.repeat = 0 AND COALESCE(run.params ->> 'repeats', '1') = '1'
"""

# Of the others a row of each thread and evaluator is chosen: `repeats` and `grades` are in order, the scored first and of
# these the worst; `commonest` is the first of equals (https://www.postgresql.org/docs/18/functions-aggregate.html).
# The thread's id is that of the table, of which the planner knows how many there are; a LEFT JOIN is not begun where
# nothing was chosen.
REPEATED = f"""
SELECT chosen.run_id, evaluation.thread_id, chosen.evaluator, chosen.repeat, {OF_EVALUATION},
    chosen.n_repeats, chosen.n_scored
FROM (
    SELECT item.run_id, item.thread_id, item.evaluator, item.n_repeats, item.n_scored,
        item.repeats[COALESCE(
            array_position(item.grades,
                CASE run.params ->> 'reducer'
                    WHEN 'worst' THEN item.grades[1]
                    WHEN 'median' THEN item.grades[(item.n_scored + 1) / 2]
                    ELSE item.commonest
                END),
            1)] AS repeat
    FROM (
        SELECT run_id, thread_id, evaluator,
            count(*) AS n_repeats,
            count(*) FILTER (WHERE is_scored) AS n_scored,
            array_agg(repeat ORDER BY is_scored DESC, grade, repeat) AS repeats,
            array_agg(grade ORDER BY is_scored DESC, grade, repeat) AS grades,
            mode() WITHIN GROUP (ORDER BY grade) FILTER (WHERE is_scored) AS commonest
        FROM (
            SELECT evaluation.run_id, evaluation.thread_id, evaluation.evaluator, evaluation.repeat,
                evaluation.reason IS NULL AS is_scored,
                COALESCE(
                    CASE WHEN evaluation.verdict IS NULL THEN evaluation.score
                        ELSE array_position(ARRAY[
                            'CRITICAL', 'HARD FAIL', 'SOFT FAIL', 'PASS', 'NOT APPLICABLE',
                            'BROKEN', 'INCOMPLETE', 'FRICTION', 'ACCEPTABLE', 'EFFICIENT'], evaluation.verdict)
                    END,
                    'Infinity') AS grade
            FROM thread_evaluations AS evaluation
            JOIN eval_runs AS run ON run.id = evaluation.run_id
            WHERE COALESCE(run.params ->> 'repeats', '1') <> '1'
        ) AS graded
        GROUP BY run_id, thread_id, evaluator
    ) AS item
    JOIN eval_runs AS run ON run.id = item.run_id
) AS chosen
LEFT JOIN thread_evaluations AS evaluation USING (run_id, thread_id, evaluator, repeat)
"""

REDUCED_EVALUATIONS = f"{SINGLE} UNION ALL {REPEATED}"


def rated(source: str, *key: str) -> str:
    """One row of outcomes for each value of the key."""
    return f"""
    SELECT
        {", ".join(key)},
        max(score) FILTER (WHERE evaluator = 'intent') AS intent_accuracy,
        max(reason) FILTER (WHERE evaluator = 'intent') AS intent_reason,
        max(verdict) FILTER (WHERE evaluator = 'correctness') AS worst_correctness,
        max(reason) FILTER (WHERE evaluator = 'correctness') AS correctness_reason,
        max(verdict) FILTER (WHERE evaluator = 'efficiency') AS efficiency_verdict,
        max(reason) FILTER (WHERE evaluator = 'efficiency') AS efficiency_reason,
        max(created_at) AS judged_at
    FROM {source}
    GROUP BY {", ".join(key)}
"""


def thread_results(rated: str, *key: str) -> str:
    """The view over these outcomes."""
    return f"""
SELECT
    rated.run_id,
    runs.app,
    {", ".join(f"rated.{column}" for column in key[1:])},
    threads.user_id,
    threads.message_count,
    rated.intent_accuracy,
    rated.intent_reason,
    rated.worst_correctness,
    rated.correctness_reason,
    rated.efficiency_verdict,
    rated.efficiency_reason,
    CASE
        WHEN rated.worst_correctness IS NOT NULL AND rated.efficiency_verdict IS NOT NULL THEN
            rated.worst_correctness IN ('PASS', 'SOFT FAIL', 'NOT APPLICABLE')
            AND rated.efficiency_verdict IN ('EFFICIENT', 'ACCEPTABLE', 'FRICTION')
    END AS success_status,
    NULLIF(concat_ws('; ',
        CASE WHEN rated.worst_correctness IS NULL
            THEN 'correctness: ' || COALESCE(rated.correctness_reason, 'missing') END,
        CASE WHEN rated.efficiency_verdict IS NULL
            THEN 'efficiency: ' || COALESCE(rated.efficiency_reason, 'missing') END
    ), '') AS success_reason,
    threads.labelled_success,
    rated.judged_at
FROM ({rated}) AS rated
JOIN eval_runs AS runs ON runs.id = rated.run_id
LEFT JOIN run_threads AS pinned ON pinned.run_id = rated.run_id AND pinned.thread_id = rated.thread_id
LEFT JOIN threads ON threads.id = pinned.thread_row
"""


# Not over the view: the planner knows how many threads a table has, and nothing about a union.
RESULT_KEY = ("run_id", "thread_id")
THREAD_RESULTS = thread_results(
    f"{rated(f'({SINGLE}) AS single', *RESULT_KEY)} UNION ALL {rated(f'({REPEATED}) AS repeated', *RESULT_KEY)}",
    *RESULT_KEY,
)
OLD_KEY = (*RESULT_KEY, "repeat")
OLD_THREAD_RESULTS = thread_results(rated("thread_evaluations", *OLD_KEY), *OLD_KEY)


def upgrade() -> None:
    """Go up."""
    op.execute("DROP VIEW thread_results")
    for name in ("repeat", "tokens_cached", "tokens_reasoning"):
        op.add_column("api_logs", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.alter_column("api_logs", "prompt", nullable=True)
    op.create_index(
        "ix_api_logs_answers",
        "api_logs",
        ["request_hash"],
        unique=False,
        postgresql_where=sa.text("usable AND response IS NOT NULL"),
    )
    op.add_column("eval_runs", sa.Column("estimate", postgresql.JSONB(), nullable=True))
    op.add_column(
        "eval_runs", sa.Column("calls_lost_at_most", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_table(
        "run_budgets",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("granted_usd", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("settled_usd", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("granted_tokens", sa.BigInteger(), nullable=False),
        sa.Column("settled_tokens", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["eval_runs.id"], name=op.f("fk_run_budgets_run_id_eval_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "holder", name=op.f("pk_run_budgets")),
    )
    op.create_table(
        "rate_leases",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "holder", name=op.f("pk_rate_leases")),
    )
    op.create_index("ix_rate_leases_expires_at", "rate_leases", ["expires_at"], unique=False)
    _create_view("reduced_evaluations", REDUCED_EVALUATIONS)
    _create_view("thread_results", THREAD_RESULTS)


def downgrade() -> None:
    """Go back down; what was erased from the ledger stays erased."""
    op.execute("DROP VIEW thread_results")
    op.execute("DROP VIEW reduced_evaluations")
    op.drop_index("ix_rate_leases_expires_at", table_name="rate_leases")
    op.drop_table("rate_leases")
    op.drop_table("run_budgets")
    op.drop_column("eval_runs", "calls_lost_at_most")
    op.drop_column("eval_runs", "estimate")
    op.drop_index("ix_api_logs_answers", table_name="api_logs")
    op.execute("UPDATE api_logs SET prompt = '' WHERE prompt IS NULL")
    op.execute("UPDATE api_logs SET usable = false WHERE usable AND response IS NULL")
    op.alter_column("api_logs", "prompt", nullable=False)
    for name in ("tokens_reasoning", "tokens_cached", "repeat"):
        op.drop_column("api_logs", name)
    _create_view("thread_results", OLD_THREAD_RESULTS)


def _create_view(name: str, query: str) -> None:
    has_invoker = (op.get_bind().dialect.server_version_info or ()) >= (15,)
    options = "WITH (security_invoker = true) " if has_invoker else ""
    op.execute(f"CREATE VIEW {name} {options}AS {query}")
