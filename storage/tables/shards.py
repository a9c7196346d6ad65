"""Table `run_shards`: the ranges of positions a run was cut into, and the child run that works on each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class RunShardRow(Base):
    """One shard of a run. `flow_run_id` is the child run that may work on it now; one that finds another gives up.

    `done` and `total` count units. `error` says why it failed, `ends_run` that another try would not mend it.
    """

    __tablename__ = "run_shards"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'running', 'completed', 'failed', 'lost')", name="status"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("eval_runs.id", ondelete="CASCADE"), primary_key=True)
    shard: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[int]
    stop: Mapped[int]
    flow_run_id: Mapped[UUID | None]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    status: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]
    ends_run: Mapped[bool] = mapped_column(server_default=text("false"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
