"""Table `rate_leases`: which processes share a rate limit at present."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class RateLeaseRow(Base):
    """One process in one scope; it counts until it expires, and is renewed long before."""

    __tablename__ = "rate_leases"
    __table_args__ = (Index("ix_rate_leases_expires_at", "expires_at"),)

    scope: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[UUID] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]
