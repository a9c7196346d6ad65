"""Where model calls are kept, and what a call costs, as the model client knows them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from storage.records import FoundAnswer, ModelCall, Usage


class Ledger(Protocol):
    """Where calls are kept; storage has the one that is Postgres."""

    async def find(self, request_hash: str) -> FoundAnswer | None:
        """The committed usable answer to this request; None where there is none to be reused."""
        ...

    async def record(self, call: ModelCall) -> None:
        """Commit one attempt; returns when it is committed."""
        ...


class Price(Protocol):
    """What the tokens of one model cost."""

    def cost_usd(self, tokens_in: int, tokens_out: int, tokens_cached: int = 0) -> Decimal:
        """The price of one call; `tokens_in` includes those that were cached."""
        ...


class NoPrice:
    """The price of a model that costs no money."""

    def cost_usd(self, tokens_in: int, tokens_out: int, tokens_cached: int = 0) -> Decimal:
        """Nothing."""
        return Decimal(0)


@dataclass
class Spent:
    """What a run has used so far.

    Attributes:
        calls: Attempts at calls.
        tokens_in: Input tokens billed.
        tokens_out: Output tokens billed.
        usd: None where the price of a call is not known.
    """

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = Decimal(0)

    @classmethod
    def of(cls, usage: Usage) -> "Spent":
        """What the ledger says was spent before."""
        return cls(usage.attempts - usage.reused, usage.tokens_in, usage.tokens_out, usage.cost_usd)

    def add(self, call: ModelCall) -> None:
        """Count one attempt."""
        self.calls += 1
        self.tokens_in += call.tokens_in
        self.tokens_out += call.tokens_out
        self.usd = None if self.usd is None or call.cost_usd is None else self.usd + call.cost_usd
