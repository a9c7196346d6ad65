"""Tables of trainings: `training_jobs`, and what belongs to a job, each row under its user.

Row-level security, which no model can declare, is in migration 0005: `user_id` is compared with the setting
`evalflows.user_id` of the session. The rows that hang on a job hold its user too, so that this needs no join.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base

JOB_COLUMNS = ["job_id", "user_id"]


def of_job() -> ForeignKeyConstraint:
    """The reference of a row to its job, its user included; it goes with the job."""
    return ForeignKeyConstraint(JOB_COLUMNS, [f"training_jobs.{column}" for column in JOB_COLUMNS], ondelete="CASCADE")


class TrainingJobRow(Base):
    """One training job of one user; the times and the exit code are those of its last training."""

    __tablename__ = "training_jobs"
    __table_args__ = (
        UniqueConstraint(*JOB_COLUMNS),
        CheckConstraint("user_id <> ''", name="user"),
        Index("ix_training_jobs_user_id_created_at", "user_id", "created_at"),
    )

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    name: Mapped[str]
    data: Mapped[str]
    config: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    exit_code: Mapped[int | None]


class TrainingVariantRow(Base):
    """What the predictions of one variant of a job are made with; never changes."""

    __tablename__ = "training_variants"
    __table_args__ = (of_job(),)

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    prompts_hash: Mapped[str]
    settings_hash: Mapped[str]
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TrainingPredictionRow(Base):
    """What a model said to one sample at one step; never changes: there is no right to, and a trigger refuses it."""

    __tablename__ = "training_predictions"
    __table_args__ = (
        of_job(),
        CheckConstraint("(prediction IS NULL) <> (failure IS NULL)", name="answered"),
        Index("ix_training_predictions_sample", "job_id", "variant", "sample_index", "step"),
        Index("ix_training_predictions_epoch", "job_id", "variant", "epoch", "step"),
    )

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sample_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    repeat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[str]
    sample_id: Mapped[str]
    epoch: Mapped[float | None]
    prompt: Mapped[str]
    ground_truth: Mapped[str | None]
    prediction: Mapped[str | None]
    failure: Mapped[str | None]
    truncated: Mapped[bool]
    metrics: Mapped[dict[str, Any]]
    seed: Mapped[int | None]
    adapter_hash: Mapped[str | None]
    base_revision: Mapped[str | None]
    template_hash: Mapped[str | None]
    dtype: Mapped[str]
    generation: Mapped[dict[str, Any]]
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    latency_seconds: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class JobTokenRow(Base):
    """One secret that rows of a job may be signed with, as SHA-256 (hex); each training of the job has its own."""

    __tablename__ = "training_job_tokens"
    __table_args__ = (of_job(),)

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PairwiseVerdictRow(Base):
    """A judge's verdict on one sample: is the prediction at `step` better than that at `previous_step`.

    `first_answer` is what the judge said with the previous prediction shown first, `second_answer` with it shown last;
    `verdict` is NULL where there is none, and `reason` says why.
    """

    __tablename__ = "training_pairwise"
    __table_args__ = (
        of_job(),
        CheckConstraint("verdict IN ('better', 'worse', 'same')", name="verdict"),
    )

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous_step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sample_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    repeat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    judge: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    verdict: Mapped[str | None]
    first_answer: Mapped[str | None]
    second_answer: Mapped[str | None]
    reason: Mapped[str | None]
    run_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
