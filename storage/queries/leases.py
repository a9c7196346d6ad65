"""Queries on `rate_leases`: how many processes share a limit at present."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import RateLeaseRow

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('rate leases', 0))")
"""One at a time: of two that come at the same instant, the second sees the first."""


async def renew_lease(session: AsyncSession, scope: str, holder: UUID, seconds: float) -> int:
    """Hold a lease for so long from now, remove those that have expired; returns how many hold one, this included."""
    await session.execute(LOCK)
    row = RateLeaseRow
    expires_at = func.clock_timestamp() + timedelta(seconds=seconds)
    lease = insert(row).values(scope=scope, holder=holder, expires_at=expires_at)
    await session.execute(
        lease.on_conflict_do_update(index_elements=["scope", "holder"], set_={"expires_at": expires_at})
    )
    await session.execute(delete(row).where(row.expires_at < func.clock_timestamp()))
    holders = await session.execute(select(func.count()).where(row.scope == scope))
    return int(holders.scalar_one())


async def drop_leases(session: AsyncSession, scopes: Sequence[str], holder: UUID) -> None:
    """Give leases up."""
    if not scopes:
        return
    row = RateLeaseRow
    await session.execute(delete(row).where(row.scope.in_(scopes), row.holder == holder))
