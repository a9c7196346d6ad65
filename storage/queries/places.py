"""Queries on `rate_leases` for places: each call on the wire to a model needs one, and there are only so many."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.leases import LOCK
from storage.tables import RateLeaseRow

ROW = RateLeaseRow


@dataclass(frozen=True)
class Wanted:
    """What a process asks for.

    Attributes:
        scope: The model.
        process: The process.
        most: Places there are, of all processes together.
        places: How many it can use.
        seconds: How long it holds them without renewal.
    """

    scope: str
    process: UUID
    most: int
    places: int
    seconds: float


@dataclass(frozen=True)
class Given:
    """What a process has got.

    Attributes:
        places: Its places.
        may_use: How many of them: fewer where others wait for some.
    """

    places: frozenset[UUID]
    may_use: int


async def agree_on_places(session: AsyncSession, wanted: Wanted, held: Collection[UUID], free: Sequence[UUID]) -> Given:
    """Renew the places of a process, give back those it is to leave to others, take more where there are any.

    A process keeps what it uses until its calls are done, so that all together never use more than there are. While
    others wait, each may use its equal part.

    Args:
        session: Open session; processes go through here one at a time.
        wanted: What it asks for.
        held: The places it has.
        free: Those of them that it gives back.
    """
    places, processes, waiting = (f"{wanted.scope} {what}" for what in ("place", "process", "waiting"))
    await session.execute(LOCK)
    await session.execute(delete(ROW).where(ROW.expires_at < func.clock_timestamp()))
    if free:
        await session.execute(delete(ROW).where(ROW.scope == places, ROW.holder.in_(free)))
    until = func.clock_timestamp() + timedelta(seconds=wanted.seconds)
    renew = update(ROW).where(ROW.scope == places, ROW.holder.in_(list(held))).values(expires_at=until)
    mine = set((await session.execute(renew.returning(ROW.holder))).scalars())
    await _hold(session, processes, [wanted.process], wanted.seconds)
    part = max(1, wanted.most // await _count(session, processes))
    others_wait = await _count(session, waiting, without=wanted.process) > 0
    goal = min(wanted.places, part) if others_wait else wanted.places
    taken = [uuid4() for _ in range(min(goal - len(mine), wanted.most - await _count(session, places)))]
    await _hold(session, places, taken, wanted.seconds)
    mine.update(taken)
    if len(mine) < min(wanted.places, part):
        await _hold(session, waiting, [wanted.process], wanted.seconds)
    else:
        await session.execute(delete(ROW).where(ROW.scope == waiting, ROW.holder == wanted.process))
    return Given(frozenset(mine), min(goal, len(mine)))


async def leave_places(session: AsyncSession, process: UUID, held: Collection[UUID]) -> None:
    """Give all places up, and wait for none."""
    await session.execute(delete(ROW).where(ROW.holder.in_([process, *held])))


async def _hold(session: AsyncSession, scope: str, holders: Sequence[UUID], seconds: float) -> None:
    if not holders:
        return
    until = func.clock_timestamp() + timedelta(seconds=seconds)
    rows = insert(ROW).values([{"scope": scope, "holder": holder, "expires_at": until} for holder in holders])
    await session.execute(
        rows.on_conflict_do_update(index_elements=["scope", "holder"], set_={"expires_at": rows.excluded.expires_at})
    )


async def _count(session: AsyncSession, scope: str, without: UUID | None = None) -> int:
    query = select(func.count()).where(ROW.scope == scope)
    return int((await session.execute(query if without is None else query.where(ROW.holder != without))).scalar_one())
