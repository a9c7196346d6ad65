"""Queries on `run_shards`: who works on which part of a run, and how far each is."""

from collections.abc import Collection, Sequence
from typing import Literal
from uuid import UUID, uuid5

from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storage.records import Record, storable
from storage.tables import EvalRunRow, RunShardRow

ShardStatus = Literal["waiting", "running", "completed", "failed", "lost"]

ERROR_LENGTH = 2000
GOES_ON = ("running", "crashed")
"""A run whose parent was killed says `crashed`; its children finish what they have."""

HELD = text("""
    SELECT wanted.key FROM unnest(CAST(:keys AS bigint[])) AS wanted (key)
    WHERE EXISTS (
        SELECT FROM pg_locks AS held
        WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
          AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (held.classid::bigint << 32 | held.objid::bigint) = wanted.key)
""")


class Shard(Record):
    """One shard of a run.

    Attributes:
        shard: Its number, from 1.
        start: Its first position.
        stop: The position after its last.
        flow_run_id: The child run that may work on it; None while none has been told to.
        attempt: Which child that is or will be, from 1.
        status: `completed` is final; `failed` and `lost` are tried again.
        done: Units settled by that child, found settled ones included.
        total: Units of the shard; 0 until a child has begun.
        error: Why the last child failed, led by the name of the error's type.
        ends_run: True when another try would not mend that.
        silent_seconds: How long the row has not been written.
    """

    shard: int
    start: int
    stop: int
    flow_run_id: UUID | None
    attempt: int
    status: ShardStatus
    done: int
    total: int
    error: str | None
    ends_run: bool
    silent_seconds: float


def shard_lock(run_id: UUID, shard: int) -> UUID:
    """What the child that works on a shard holds the lock of."""
    return uuid5(run_id, f"shard {shard}")


async def write_shards(session: AsyncSession, run_id: UUID, ranges: Sequence[range]) -> None:
    """Cut a run into shards, numbered from 1; those it was cut into before are forgotten."""
    await session.execute(delete(RunShardRow).where(RunShardRow.run_id == run_id))
    rows = [
        {"run_id": run_id, "shard": number, "start": found.start, "stop": found.stop, "attempt": 1}
        for number, found in enumerate(ranges, 1)
    ]
    if rows:
        await session.execute(insert(RunShardRow), rows)


async def list_shards(session: AsyncSession, run_id: UUID, shard: int | None = None) -> list[Shard]:
    """The shards of a run, by number; or the one of this number, where there is one."""
    row = RunShardRow
    silent = func.extract("epoch", func.clock_timestamp() - row.updated_at).label("silent_seconds")
    query = select(row, silent).where(row.run_id == run_id).order_by(row.shard)
    if shard is not None:
        query = query.where(row.shard == shard)
    return [_shard(found, float(seconds)) for found, seconds in await session.execute(query)]


def _shard(row: RunShardRow, silent_seconds: float) -> Shard:
    fields = {name: getattr(row, name) for name in Shard.model_fields if name != "silent_seconds"}
    return Shard.model_validate({**fields, "silent_seconds": silent_seconds})


async def offer_shard(session: AsyncSession, run_id: UUID, shard: int, attempt: int) -> None:
    """Take a shard from whoever has it, for a next attempt that has no child yet."""
    await _set(session, run_id, shard, flow_run_id=None, attempt=attempt, status="waiting", done=0, error=None)


async def assign_shard(session: AsyncSession, run_id: UUID, shard: int, flow_run_id: UUID) -> None:
    """Say which child may work on a shard; the shard stays `waiting` until that takes it."""
    await _set(session, run_id, shard, flow_run_id=flow_run_id)


async def _set(session: AsyncSession, run_id: UUID, shard: int, **values: UUID | int | str | None) -> None:
    row = RunShardRow
    query = update(row).where(row.run_id == run_id, row.shard == shard)
    await session.execute(query.values(updated_at=func.clock_timestamp(), **values))


async def withdraw_shards(session: AsyncSession, run_id: UUID) -> int:
    """Take all shards that are not completed from their children, which stop; returns how many were being worked on."""
    row = RunShardRow
    unfinished = (row.run_id == run_id) & (row.status != "completed")
    working = await session.execute(select(func.count()).where(unfinished, row.status == "running"))
    await session.execute(update(row).where(unfinished).values(flow_run_id=None, status="lost"))
    return int(working.scalar_one())


async def report_shard(
    session: AsyncSession,
    run_id: UUID,
    shard: int,
    flow_run_id: UUID,
    *,
    status: ShardStatus = "running",
    done: int = 0,
    total: int = 0,
    error: str | None = None,
    ends_run: bool = False,
) -> bool:
    """Write down how a shard is, by the child that works on it.

    Returns:
        False, and nothing is written, where the shard is another's by now, or the run has ended or is to be cancelled:
        the child is to stop.
    """
    row, run = RunShardRow, EvalRunRow
    goes_on = exists().where(run.id == run_id, run.status.in_(GOES_ON), ~run.cancel_requested)
    query = (
        update(row)
        .where(row.run_id == run_id, row.shard == shard, row.flow_run_id == flow_run_id, goes_on)
        .values(
            status=status,
            done=done,
            total=total,
            error=storable(error)[:ERROR_LENGTH] if error else None,
            ends_run=ends_run,
            updated_at=func.clock_timestamp(),
        )
        .returning(row.shard)
    )
    return (await session.execute(query)).scalar_one_or_none() is not None


async def is_to_be_cancelled(session: AsyncSession, run_id: UUID) -> bool:
    """Whether somebody asked for the run to be cancelled: its children may have stopped before it has."""
    return bool((await session.execute(select(EvalRunRow.cancel_requested).where(EvalRunRow.id == run_id))).scalar())


async def held_shards(session: AsyncSession, run_id: UUID, shards: Collection[int]) -> set[int]:
    """Those of these shards whose lock some process holds."""
    keys = {int.from_bytes(shard_lock(run_id, shard).bytes[:8], "big", signed=True): shard for shard in shards}
    found = await session.execute(HELD, {"keys": list(keys)})
    return {keys[key] for key in found.scalars()}


async def add_lost_calls(session: AsyncSession, run_id: UUID, calls: int) -> None:
    """Count calls that may have been on the wire when a child was lost."""
    row = EvalRunRow
    await session.execute(update(row).where(row.id == run_id).values(calls_lost_at_most=row.calls_lost_at_most + calls))
