"""The run's budget in this process: an upper bound is reserved before each call and settled after it."""

import asyncio
from decimal import Decimal
from typing import Protocol

from storage.records import Amount
from tasks.providers.errors import BudgetExhausted

AHEAD = Decimal("1.25")
ENOUGH_REFUSALS = 20
"""So many calls refused mean that the budget is used up, though a smaller call might still fit."""


class Grants(Protocol):
    """Where the budget is kept for all processes; storage has the one that is Postgres."""

    async def extend(self, settled: Amount, want: Amount) -> Amount:
        """What may be spent beyond what is settled, at most `want`; less where the budget ends."""
        ...

    async def close(self, settled: Amount) -> None:
        """Give back what was granted and not spent."""
        ...


class Budget:
    """What this process may spend. No call goes out that its grant does not cover together with all on the wire.

    Attributes:
        settled: Spent so far by this process.
        reserved: Upper bounds of the calls on the wire.
    """

    def __init__(self, grants: Grants, least: Amount) -> None:
        """Nothing is granted yet.

        Args:
            grants: The budget all processes share.
            least: What the smallest call reserves; with less left than that, nothing can be asked any more.
        """
        self._grants = grants
        self._least = least
        self.settled = Amount()
        self.reserved = Amount()
        self._granted = Amount()
        self._extending = asyncio.Lock()
        self._freed = asyncio.Event()
        self.exhausted = False
        self._refusals = 0

    async def reserve(self, amount: Amount) -> None:
        """Set an upper bound aside; waits for calls on the wire where only what they leave over can cover it.

        Raises:
            BudgetExhausted: The budget does not cover it.
        """
        while not self._take(amount):
            if self.exhausted:
                raise BudgetExhausted("the budget of the run is used up")
            freed = self._freed
            async with self._extending:
                if self._take(amount):
                    return
                await self._extend(amount)
                if self._take(amount):
                    return
                if not self.reserved.tokens:
                    self._refusals += 1
                    self.exhausted = self._refusals >= ENOUGH_REFUSALS or not self._covers(self._least)
                    raise BudgetExhausted(f"what is left of the budget does not cover a call of up to {shown(amount)}")
            await freed.wait()

    def settle(self, reserved: Amount, paid: Amount) -> None:
        """A call is done: what it paid is spent, the rest of what it reserved is free."""
        self.reserved = Amount(usd=self.reserved.usd - reserved.usd, tokens=self.reserved.tokens - reserved.tokens)
        self.settled = self.settled + paid
        self._freed.set()
        self._freed = asyncio.Event()

    async def close(self) -> None:
        """Give back what was not spent."""
        await self._grants.close(self.settled)

    async def _extend(self, amount: Amount) -> None:
        needed = self.reserved + amount
        want = Amount(usd=needed.usd * AHEAD, tokens=int(needed.tokens * AHEAD))
        settled = self.settled
        self._granted = settled + await self._grants.extend(settled, want)

    def _take(self, amount: Amount) -> bool:
        if not self._covers(amount):
            return False
        self.reserved = self.reserved + amount
        return True

    def _covers(self, amount: Amount) -> bool:
        bound = self.settled + self.reserved + amount
        return bound.usd <= self._granted.usd and bound.tokens <= self._granted.tokens


def shown(amount: Amount) -> str:
    """An amount in words."""
    usd = f" and USD {amount.usd:.4f}" if amount.usd else ""
    return f"{amount.tokens:,} tokens{usd}"
