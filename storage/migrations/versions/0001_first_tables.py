"""Runs, their threads, evaluations and model calls, and one row of results per run and thread."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

THREAD_RESULTS = """
SELECT
    rated.run_id,
    runs.app,
    rated.thread_id,
    rated.repeat,
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
FROM (
    SELECT
        run_id,
        thread_id,
        repeat,
        max(score) FILTER (WHERE evaluator = 'intent') AS intent_accuracy,
        max(reason) FILTER (WHERE evaluator = 'intent') AS intent_reason,
        max(verdict) FILTER (WHERE evaluator = 'correctness') AS worst_correctness,
        max(reason) FILTER (WHERE evaluator = 'correctness') AS correctness_reason,
        max(verdict) FILTER (WHERE evaluator = 'efficiency') AS efficiency_verdict,
        max(reason) FILTER (WHERE evaluator = 'efficiency') AS efficiency_reason,
        max(created_at) AS judged_at
    FROM thread_evaluations
    GROUP BY run_id, thread_id, repeat
) AS rated
JOIN eval_runs AS runs ON runs.id = rated.run_id
LEFT JOIN run_threads AS pinned ON pinned.run_id = rated.run_id AND pinned.thread_id = rated.thread_id
LEFT JOIN threads ON threads.id = pinned.thread_row
"""


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "eval_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("judge_provider", sa.Text(), nullable=False),
        sa.Column("judge_model", sa.Text(), nullable=True),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("versions", postgresql.JSONB(), nullable=False),
        sa.Column("snapshot", postgresql.JSONB(), nullable=True),
        sa.Column("snapshot_hash", sa.Text(), nullable=True),
        sa.Column("items", sa.BigInteger(), nullable=True),
        sa.Column("completed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cost_usd", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("tokens_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("summary", postgresql.JSONB(), nullable=True),
        sa.Column("progress", postgresql.JSONB(), nullable=True),
        sa.Column("error_message", sa.String(length=2000), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_seconds", sa.Double[float](), nullable=True),
        sa.CheckConstraint(
            "status IN ('running', 'completed', 'completed_with_errors', 'failed', 'cancelled', 'crashed')",
            name=op.f("ck_eval_runs_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_runs")),
    )
    op.create_index("ix_eval_runs_app_flow", "eval_runs", ["app", "flow", "created_at"], unique=False)
    op.create_index("ix_eval_runs_created_at", "eval_runs", ["created_at"], unique=False)
    op.create_table(
        "threads",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("messages", postgresql.JSONB(), nullable=False),
        sa.Column("message_count", sa.BigInteger(), nullable=False),
        sa.Column("labelled_success", sa.Boolean(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_active", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("app", "external_id", "content_hash", name=op.f("uq_threads_app_external_id_content_hash")),
    )
    op.create_index("ix_threads_app_last_active", "threads", ["app", "last_active"], unique=False)
    op.create_table(
        "api_logs",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("system_prompt", sa.Text(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.Double[float](), nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cost_usd", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("attempts", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["eval_runs.id"], name=op.f("fk_api_logs_run_id_eval_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "request_hash", name=op.f("pk_api_logs")),
    )
    op.create_index("ix_api_logs_run_id_item", "api_logs", ["run_id", "item"], unique=False)
    op.create_table(
        "run_threads",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("thread_row", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["eval_runs.id"], name=op.f("fk_run_threads_run_id_eval_runs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["thread_row"], ["threads.id"], name=op.f("fk_run_threads_thread_row_threads")),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_run_threads")),
        sa.UniqueConstraint("run_id", "thread_id", name=op.f("uq_run_threads_run_id_thread_id")),
    )
    op.create_index(op.f("ix_run_threads_thread_row"), "run_threads", ["thread_row"], unique=False)
    op.create_table(
        "thread_evaluations",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("evaluator", sa.Text(), nullable=False),
        sa.Column("repeat", sa.BigInteger(), nullable=False),
        sa.Column("evaluator_version", sa.Text(), nullable=False),
        sa.Column("judge", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("score", sa.Double[float](), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("result", postgresql.JSONB(), nullable=False),
        sa.Column("tries", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IS NULL OR (verdict IS NULL AND score IS NULL)", name=op.f("ck_thread_evaluations_unscored")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["eval_runs.id"], name=op.f("fk_thread_evaluations_run_id_eval_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "thread_id", "evaluator", "repeat", name=op.f("pk_thread_evaluations")),
    )
    op.create_index("ix_thread_evaluations_thread_id", "thread_evaluations", ["thread_id", "evaluator"], unique=False)
    has_invoker = (op.get_bind().dialect.server_version_info or ()) >= (15,)
    options = "WITH (security_invoker = true) " if has_invoker else ""
    op.execute(f"CREATE VIEW thread_results {options}AS {THREAD_RESULTS}")


def downgrade() -> None:
    """Go back down."""
    op.execute("DROP VIEW thread_results")
    op.drop_index("ix_thread_evaluations_thread_id", table_name="thread_evaluations")
    op.drop_table("thread_evaluations")
    op.drop_index(op.f("ix_run_threads_thread_row"), table_name="run_threads")
    op.drop_table("run_threads")
    op.drop_index("ix_api_logs_run_id_item", table_name="api_logs")
    op.drop_table("api_logs")
    op.drop_index("ix_threads_app_last_active", table_name="threads")
    op.drop_table("threads")
    op.drop_index("ix_eval_runs_created_at", table_name="eval_runs")
    op.drop_index("ix_eval_runs_app_flow", table_name="eval_runs")
    op.drop_table("eval_runs")
