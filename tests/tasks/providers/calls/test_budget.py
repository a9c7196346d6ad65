"""The budget in one process: what is on the wire is covered, whatever it turns out to cost."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from storage.records import Amount
from tasks.providers.calls.budget import Budget
from tasks.providers.errors import BudgetExhausted

LEAST = Amount(tokens=10)


@dataclass
class MemoryGrants:
    """All that is left of a budget of tokens, for one process."""

    limit: int
    asked: list[Amount] = field(default_factory=list[Amount])
    closed: Amount | None = None

    async def extend(self, settled: Amount, want: Amount) -> Amount:
        await asyncio.sleep(0)
        self.asked.append(want)
        return Amount(usd=want.usd, tokens=max(0, min(want.tokens, self.limit - settled.tokens)))

    async def close(self, settled: Amount) -> None:
        self.closed = settled


def tokens(number: int) -> Amount:
    return Amount(tokens=number)


async def spend(budget: Budget, most: int, paid: int, on_the_wire: list[int]) -> bool:
    try:
        await budget.reserve(tokens(most))
    except BudgetExhausted:
        return False
    on_the_wire.append(most)
    await asyncio.sleep(0.001)
    on_the_wire.remove(most)
    budget.settle(tokens(most), tokens(paid))
    return True


@pytest.mark.parametrize(("most", "paid"), [(100, 100), (100, 7), (100, 0)])
async def test_fifty_calls_in_flight_overshoot_by_nothing(most: int, paid: int) -> None:
    grants = MemoryGrants(limit=2_000)
    budget, on_the_wire = Budget(grants, LEAST), list[int]()

    async def watched() -> bool:
        done = await spend(budget, most, paid, on_the_wire)
        assert budget.settled.tokens + sum(on_the_wire) <= 2_000
        return done

    places = asyncio.Semaphore(50)

    async def placed() -> bool:
        async with places:
            return await watched()

    made = sum(await asyncio.gather(*(placed() for _ in range(300))))
    possible = 300 if not paid else min(300, 1 + (2_000 - most) // paid)
    assert made == possible
    assert budget.settled.tokens == made * paid <= 2_000


async def test_a_call_too_large_for_what_is_left_is_refused_and_smaller_ones_go_on() -> None:
    budget = Budget(MemoryGrants(limit=100), LEAST)
    with pytest.raises(BudgetExhausted, match="does not cover a call of up to 500 tokens"):
        await budget.reserve(tokens(500))
    assert not budget.exhausted
    await budget.reserve(tokens(60))
    budget.settle(tokens(60), tokens(95))
    with pytest.raises(BudgetExhausted):
        await budget.reserve(tokens(60))
    assert budget.exhausted


async def test_a_call_waits_where_only_what_others_leave_over_can_cover_it() -> None:
    budget = Budget(MemoryGrants(limit=100), LEAST)
    await budget.reserve(tokens(80))
    waiting = asyncio.create_task(budget.reserve(tokens(60)))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    budget.settle(tokens(80), tokens(20))
    await waiting
    assert (budget.settled.tokens, budget.reserved.tokens) == (20, 60)


async def test_the_grant_is_asked_for_ahead_and_not_for_every_call() -> None:
    grants = MemoryGrants(limit=1_000_000)
    budget = Budget(grants, LEAST)
    for _ in range(100):
        await budget.reserve(tokens(10))
    assert len(grants.asked) < 30


async def test_money_and_tokens_both_bind() -> None:
    class Poor(MemoryGrants):
        async def extend(self, settled: Amount, want: Amount) -> Amount:
            return Amount(usd=min(want.usd, Decimal(1)), tokens=want.tokens)

    budget = Budget(Poor(0), LEAST)
    await budget.reserve(Amount(usd=Decimal("0.9"), tokens=5))
    budget.settle(Amount(usd=Decimal("0.9"), tokens=5), Amount())
    with pytest.raises(BudgetExhausted, match=r"USD 1\.1"):
        await budget.reserve(Amount(usd=Decimal("1.1"), tokens=5))


async def test_closing_gives_back_what_was_not_spent() -> None:
    grants = MemoryGrants(limit=100)
    budget = Budget(grants, LEAST)
    await spend(budget, 50, 20, [])
    await budget.close()
    assert grants.closed == tokens(20)
