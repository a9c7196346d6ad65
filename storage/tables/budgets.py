"""Table `run_budgets`: what each process of a run was granted of the run's budget, and what it has spent of that."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class RunBudgetRow(Base):
    """One holder. `granted` is all it may ever spend, `settled` the part it is known to have spent.

    The holder of nil UUID stands for the processes before: what the ledger says they spent, and what they may have.
    """

    __tablename__ = "run_budgets"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("eval_runs.id", ondelete="CASCADE"), primary_key=True)
    holder: Mapped[UUID] = mapped_column(primary_key=True)
    granted_usd: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    settled_usd: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    granted_tokens: Mapped[int]
    settled_tokens: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
