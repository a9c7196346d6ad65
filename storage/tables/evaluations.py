"""Table `thread_evaluations`: one row per run, thread, evaluator and repeat."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ThreadEvaluationRow(Base):
    """One result. A scored row never changes; a retryable unscored one may be replaced, its tries kept."""

    __tablename__ = "thread_evaluations"
    __table_args__ = (
        CheckConstraint("reason IS NULL OR (verdict IS NULL AND score IS NULL)", name="unscored"),
        Index("ix_thread_evaluations_thread_id", "thread_id", "evaluator"),
        Index(
            "ix_thread_evaluations_unscored",
            "run_id",
            "evaluator",
            "reason",
            postgresql_where=text("reason IS NOT NULL"),
        ),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("eval_runs.id", ondelete="CASCADE"), primary_key=True)
    thread_id: Mapped[str] = mapped_column(primary_key=True)
    evaluator: Mapped[str] = mapped_column(primary_key=True)
    repeat: Mapped[int] = mapped_column(primary_key=True)
    evaluator_version: Mapped[str]
    judge: Mapped[str]
    content_hash: Mapped[str]
    verdict: Mapped[str | None]
    score: Mapped[float | None]
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    result: Mapped[dict[str, Any]]
    tries: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    created_at: Mapped[datetime]
