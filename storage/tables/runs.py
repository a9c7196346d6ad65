"""Tables `eval_runs` and `run_threads`: a run and the snapshot it pinned."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class EvalRunRow(Base):
    """One execution of a flow; `id` is the Prefect flow-run id."""

    __tablename__ = "eval_runs"
    __table_args__ = (
        CheckConstraint(
            "status IN ('running', 'completed', 'completed_with_errors', 'failed', 'cancelled', 'crashed')",
            name="status",
        ),
        Index("ix_eval_runs_created_at", "created_at"),
        Index("ix_eval_runs_app_flow", "app", "flow", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    flow: Mapped[str]
    app: Mapped[str]
    name: Mapped[str | None]
    status: Mapped[str]
    judge_provider: Mapped[str]
    judge_model: Mapped[str | None]
    params: Mapped[dict[str, Any]]
    versions: Mapped[dict[str, Any]]
    snapshot: Mapped[dict[str, Any] | None]
    snapshot_hash: Mapped[str | None]
    items: Mapped[int | None]
    completed: Mapped[int] = mapped_column(server_default=text("0"))
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    tokens_in: Mapped[int] = mapped_column(server_default=text("0"))
    tokens_out: Mapped[int] = mapped_column(server_default=text("0"))
    estimate: Mapped[dict[str, Any] | None]
    calls_lost_at_most: Mapped[int] = mapped_column(server_default=text("0"))
    summary: Mapped[dict[str, Any] | None]
    progress: Mapped[dict[str, Any] | None]
    error_message: Mapped[str | None] = mapped_column(String(2000))
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    duration_seconds: Mapped[float | None]


class RunThreadRow(Base):
    """One thread of a run's snapshot; batches are ranges of `position`."""

    __tablename__ = "run_threads"
    __table_args__ = (UniqueConstraint("run_id", "thread_id"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("eval_runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[str]
    thread_row: Mapped[UUID] = mapped_column(ForeignKey("threads.id"), index=True)
