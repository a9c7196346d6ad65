"""Tables `nights` and `night_suites`: what the nightly run of a plan did on each date, suite by suite."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class NightRow(Base):
    """One night of a plan; its date is the one in the plan's time zone on which it was due.

    `run_id` is the nightly run that worked on it last, `digest` what it reported.
    """

    __tablename__ = "nights"
    __table_args__ = (CheckConstraint("status IN ('running', 'succeeded', 'failed')", name="status"),)

    plan: Mapped[str] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("eval_runs.id", ondelete="SET NULL"))
    status: Mapped[str]
    digest: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class NightSuiteRow(Base):
    """One suite of a night: the run that evaluates it, what that was compared with, and what came out.

    `run_id` and `compared_with` are ids of runs, which may have been pruned since.
    """

    __tablename__ = "night_suites"
    __table_args__ = (
        ForeignKeyConstraint(["plan", "night"], ["nights.plan", "nights.night"], ondelete="CASCADE"),
        CheckConstraint("status IN ('waiting', 'running', 'succeeded', 'failed', 'skipped')", name="status"),
    )

    plan: Mapped[str] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    suite: Mapped[str] = mapped_column(primary_key=True)
    flow: Mapped[str]
    app: Mapped[str]
    kind: Mapped[str]
    run_id: Mapped[UUID | None]
    status: Mapped[str]
    error: Mapped[str | None]
    compared_with: Mapped[UUID | None]
    comparison: Mapped[dict[str, Any] | None]
