"""Training jobs and their predictions: rows that their user alone sees, and that never change."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JOBS = "training_jobs"
CHILDREN = ("training_variants", "training_predictions", "training_job_tokens", "training_pairwise")

# A setting that was never made is NULL, one that a transaction made and left is empty: neither is a user.
IS_OWN = "user_id = NULLIF(current_setting('evalflows.user_id', true), '')"

REFUSE = """
CREATE FUNCTION training_predictions_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of training_predictions never change: delete them, or predict into another variant';
END
$$
"""


def upgrade() -> None:
    """Go up."""
    _create_tables()
    for table in (JOBS, *CHILDREN):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_select ON {table} FOR SELECT USING ({IS_OWN})")
        op.execute(f"CREATE POLICY own_insert ON {table} FOR INSERT WITH CHECK ({IS_OWN})")
        op.execute(f"CREATE POLICY own_delete ON {table} FOR DELETE USING ({IS_OWN})")
    op.execute(f"CREATE POLICY own_update ON {JOBS} FOR UPDATE USING ({IS_OWN}) WITH CHECK ({IS_OWN})")
    op.execute(REFUSE)
    op.execute(
        "CREATE TRIGGER never_change BEFORE UPDATE ON training_predictions"
        " FOR EACH STATEMENT EXECUTE FUNCTION training_predictions_never_change()"
    )


def downgrade() -> None:
    """Go back down."""
    for table in reversed((JOBS, *CHILDREN)):
        op.drop_table(table)
    op.execute("DROP FUNCTION training_predictions_never_change()")


def _created_at(name: str = "created_at") -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _of_job(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["job_id", "user_id"], ["training_jobs.job_id", "training_jobs.user_id"],
        name=op.f(f"fk_{table}_job_id_user_id_training_jobs"), ondelete="CASCADE",
    )


def _create_tables() -> None:
    op.create_table(
        "training_jobs",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("config", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        _created_at(),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exit_code", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("user_id <> ''", name=op.f("ck_training_jobs_user")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_training_jobs")),
        sa.UniqueConstraint("job_id", "user_id", name=op.f("uq_training_jobs_job_id_user_id")),
    )
    op.create_index("ix_training_jobs_user_id_created_at", "training_jobs", ["user_id", "created_at"], unique=False)
    op.create_table(
        "training_variants",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("prompts_hash", sa.Text(), nullable=False),
        sa.Column("settings_hash", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        _created_at(),
        _of_job("training_variants"),
        sa.PrimaryKeyConstraint("job_id", "variant", name=op.f("pk_training_variants")),
    )
    op.create_table(
        "training_predictions",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sample_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("repeat", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("sample_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Float(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("ground_truth", sa.Text(), nullable=True),
        sa.Column("prediction", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("metrics", postgresql.JSONB(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("adapter_hash", sa.Text(), nullable=True),
        sa.Column("base_revision", sa.Text(), nullable=True),
        sa.Column("template_hash", sa.Text(), nullable=True),
        sa.Column("dtype", sa.Text(), nullable=False),
        sa.Column("generation", postgresql.JSONB(), nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), nullable=False),
        sa.Column("latency_seconds", sa.Float(), nullable=True),
        _created_at(),
        sa.CheckConstraint(
            "(prediction IS NULL) <> (failure IS NULL)", name=op.f("ck_training_predictions_answered")
        ),
        _of_job("training_predictions"),
        sa.PrimaryKeyConstraint(
            "job_id", "variant", "step", "sample_index", "repeat", name=op.f("pk_training_predictions")
        ),
    )
    op.create_index(
        "ix_training_predictions_sample", "training_predictions", ["job_id", "variant", "sample_index", "step"],
        unique=False,
    )
    op.create_index(
        "ix_training_predictions_epoch", "training_predictions", ["job_id", "variant", "epoch", "step"], unique=False
    )
    op.create_table(
        "training_job_tokens",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        _created_at("issued_at"),
        _of_job("training_job_tokens"),
        sa.PrimaryKeyConstraint("job_id", "token_hash", name=op.f("pk_training_job_tokens")),
    )
    op.create_table(
        "training_pairwise",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("previous_step", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sample_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("repeat", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("judge", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("first_answer", sa.Text(), nullable=True),
        sa.Column("second_answer", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        _created_at(),
        sa.CheckConstraint("verdict IN ('better', 'worse', 'same')", name=op.f("ck_training_pairwise_verdict")),
        _of_job("training_pairwise"),
        sa.PrimaryKeyConstraint(
            "job_id", "variant", "step", "previous_step", "sample_index", "repeat", "judge",
            name=op.f("pk_training_pairwise"),
        ),
    )
