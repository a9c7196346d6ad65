"""Queries on `run_budgets`: what each process of a run may spend, so that all together never exceed the budget."""

from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storage.records import Amount, BudgetLimit, Usage
from storage.tables import RunBudgetRow

BEFORE = UUID(int=0)
"""The holder that stands for the processes before."""

SMALLEST_USD = Decimal("0.00000001")
"""What the table keeps; a fraction of it counts as a whole, so that many together stay within the budget."""

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('budget ' || CAST(:run_id AS text), 0))")


async def extend_grant(
    session: AsyncSession, run_id: UUID, holder: UUID, limit: BudgetLimit, settled: Amount, want: Amount
) -> Amount:
    """Grant a process more, as far as the budget goes.

    Args:
        session: Open session; processes of the same run wait for its end.
        run_id: The run.
        holder: The process.
        limit: The budget of the whole run.
        settled: All this process has spent so far.
        want: What it wants to be able to spend beyond that.

    Returns:
        What it may spend beyond what is settled: `want`, or less where the budget ends.
    """
    await session.execute(LOCK, {"run_id": run_id})
    others = await _granted(session, run_id, without=holder)
    usd = _granted_part(limit.usd, others.usd + settled.usd, want.usd)
    tokens = int(_granted_part(limit.tokens, others.tokens + settled.tokens, want.tokens))
    await _write(session, run_id, holder, settled + Amount(usd=usd, tokens=tokens), settled)
    return Amount(usd=usd, tokens=tokens)


def _granted_part(limit: Decimal | int | None, used: Decimal | int, want: Decimal | int) -> Decimal:
    return Decimal(want) if limit is None else max(Decimal(0), min(Decimal(want), Decimal(limit) - Decimal(used)))


async def close_grant(session: AsyncSession, run_id: UUID, holder: UUID, settled: Amount) -> None:
    """Give back what a process was granted and has not spent."""
    await session.execute(LOCK, {"run_id": run_id})
    await _write(session, run_id, holder, settled, settled)


async def bury_grants(session: AsyncSession, run_id: UUID, usage: Usage) -> Amount:
    """Put what the processes before were granted together, when none of them lives any more; safe to do twice.

    Args:
        session: Open session.
        run_id: The run.
        usage: What its ledger says now.

    Returns:
        What they may have spent beyond what the ledger says, on calls that were on the wire when they were killed. It
        counts as spent from now on: the budget is hard. Of each death it is what was granted and not known to be spent
        since the last burial, so that what a process without a budget spends meanwhile hides no loss.
    """
    await session.execute(LOCK, {"run_id": run_id})
    row = RunBudgetRow
    granted = await _granted(session, run_id, without=BEFORE)
    known = Amount(usd=usage.cost_usd or Decimal(0), tokens=usage.tokens_in + usage.tokens_out)
    buried = select(row.granted_usd, row.settled_usd, row.granted_tokens, row.settled_tokens).where(
        row.run_id == run_id, row.holder == BEFORE
    )
    found = (await session.execute(buried)).one_or_none()
    granted_usd, settled_usd, granted_tokens, settled_tokens = found or (Decimal(0), Decimal(0), 0, 0)
    lost = Amount(
        usd=(granted_usd - settled_usd) + max(Decimal(0), granted.usd - (known.usd - settled_usd)),
        tokens=(granted_tokens - settled_tokens) + max(0, granted.tokens - (known.tokens - settled_tokens)),
    )
    if usage.cost_usd is None:
        lost = Amount(tokens=lost.tokens)
    await session.execute(delete(RunBudgetRow).where(RunBudgetRow.run_id == run_id))
    await _write(session, run_id, BEFORE, known + lost, known)
    return lost


async def _granted(session: AsyncSession, run_id: UUID, *, without: UUID) -> Amount:
    row = RunBudgetRow
    query = select(func.coalesce(func.sum(row.granted_usd), 0), func.coalesce(func.sum(row.granted_tokens), 0)).where(
        row.run_id == run_id, row.holder != without
    )
    usd, tokens = (await session.execute(query)).one()
    return Amount(usd=Decimal(usd), tokens=int(tokens))


async def _write(session: AsyncSession, run_id: UUID, holder: UUID, granted: Amount, settled: Amount) -> None:
    values = {
        "granted_usd": granted.usd.quantize(SMALLEST_USD, ROUND_CEILING),
        "granted_tokens": granted.tokens,
        "settled_usd": settled.usd,
        "settled_tokens": settled.tokens,
        "updated_at": func.now(),
    }
    row = insert(RunBudgetRow).values(run_id=run_id, holder=holder, **values)
    await session.execute(row.on_conflict_do_update(index_elements=["run_id", "holder"], set_=values))
