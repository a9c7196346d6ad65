"""Table `api_logs`: the ledger, one row per model call of a run."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ApiLogRow(Base):
    """One call, keyed by its request hash; a usable answer is committed before it is used and never changes.

    The item is the first that asked. `prompt`, `system_prompt` and `response` are NULL once they are erased.
    """

    __tablename__ = "api_logs"
    __table_args__ = (
        Index("ix_api_logs_run_id_item", "run_id", "item"),
        Index("ix_api_logs_answers", "request_hash", postgresql_where=text("usable AND response IS NOT NULL")),
        Index("ix_api_logs_hour", text("(date_trunc('hour', (created_at AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC')")),
        Index("ix_api_logs_day", text("(CAST(created_at AT TIME ZONE 'UTC' AS date))")),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("eval_runs.id", ondelete="CASCADE"), primary_key=True)
    request_hash: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str]
    method: Mapped[str]
    repeat: Mapped[int] = mapped_column(server_default=text("0"))
    provider: Mapped[str]
    model: Mapped[str]
    system_prompt: Mapped[str | None]
    prompt: Mapped[str | None]
    response: Mapped[str | None]
    usable: Mapped[bool]
    error: Mapped[str | None]
    duration_ms: Mapped[float]
    tokens_in: Mapped[int] = mapped_column(server_default=text("0"))
    tokens_cached: Mapped[int] = mapped_column(server_default=text("0"))
    tokens_out: Mapped[int] = mapped_column(server_default=text("0"))
    tokens_reasoning: Mapped[int] = mapped_column(server_default=text("0"))
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    attempts: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
