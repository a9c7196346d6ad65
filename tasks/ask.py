"""The judge of a run put together: its provider, its price, its budget, its share of the limits per minute."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from settings import Settings
from storage.budget import BudgetGrants
from storage.database import Database
from storage.places import Places
from storage.records import Amount, BudgetLimit, Record, Reuse, Run
from storage.shares import Shares
from storage.writers import RunWriter
from tasks.costs.prices import Price, find_price
from tasks.errors import RunRefused
from tasks.providers.base import Provider
from tasks.providers.calls.budget import Budget
from tasks.providers.calls.ledger import Spent
from tasks.providers.client import ModelClient


class CallOptions(Record):
    """What the user may set about the calls of a run.

    Attributes:
        concurrency: Most calls on the wire.
        reuse: Whose answers are used again: those of this `run`, of any run (`always`), or none (`never`).
        log_content: Whether prompts and answers stay in the ledger once their item is finished.
        budget_usd: Most money the run may spend; 0: no limit.
        budget_tokens: Most tokens, input and output together; 0: no limit.
    """

    concurrency: int = 20
    reuse: Reuse = "run"
    log_content: bool = True
    budget_usd: Annotated[float, Field(ge=0)] = 0
    budget_tokens: Annotated[int, Field(ge=0)] = 0

    @property
    def limit(self) -> BudgetLimit | None:
        """The budget; None where there is none."""
        if not self.budget_usd and not self.budget_tokens:
            return None
        usd = Decimal(str(self.budget_usd)) if self.budget_usd else None
        return BudgetLimit(usd=usd, tokens=self.budget_tokens or None)


def price_for(provider: Provider, calls: CallOptions, settings: Settings) -> Price | None:
    """The price of a provider's model; None where it is not known.

    Raises:
        RunRefused: It is not known and the budget is in USD.
    """
    price = None if provider.free else find_price(provider.name, provider.model, settings)
    if calls.budget_usd and price is None and not provider.free:
        raise RunRefused(
            f"--budget-usd needs the price of {provider.name}:{provider.model}, which is not known: name it in a file "
            "(EVALFLOWS_PRICES, docs/costs.md), or use --budget-tokens"
        )
    return price


@asynccontextmanager
async def model_client(
    run: Run,
    provider: Provider,
    price: Price | None,
    writer: RunWriter,
    database: Database,
    settings: Settings,
    calls: CallOptions,
    spent: Spent,
    *,
    asks: bool = True,
) -> AsyncGenerator[ModelClient]:
    """The client that asks for this run; what it reserved and leased is given back at the end.

    Args:
        run: The run.
        provider: Whom to ask.
        price: None where it is not known.
        writer: Where calls are kept.
        database: Where budget and limits are shared.
        settings: Tries, pauses, limits.
        calls: What the user set.
        spent: What the run has used so far.
        asks: False where others ask in its place: it takes no share of the limits from them.
    """
    limited = asks and bool(settings.max_concurrency)
    places = Places(database, settings, scope_of(provider), calls.concurrency) if limited else None
    async with _share_of_limits(database, settings, provider, asks) as share, _joined(places):
        client = ModelClient(
            run.id,
            provider,
            writer,
            settings,
            calls.concurrency,
            price=price,
            budget=_budget(run, calls, price, database, settings),
            spent=spent,
            share=share,
            allowed=places.may_use if places else lambda: math.inf,
        )
        if places is not None:
            places.busy = lambda: client.on_wire
        try:
            yield client
        finally:
            await asyncio.shield(client.close())


def _budget(run: Run, calls: CallOptions, price: Price | None, database: Database, settings: Settings) -> Budget | None:
    if calls.limit is None:
        return None
    tokens = settings.max_output_tokens
    least = Amount(usd=price.cost_usd(0, tokens) if price else Decimal(0), tokens=tokens)
    return Budget(BudgetGrants(database, run.id, calls.limit, settings), least)


@asynccontextmanager
async def _share_of_limits(
    database: Database, settings: Settings, provider: Provider, asks: bool
) -> AsyncGenerator[Callable[[], float]]:
    """This process's part of the requests and tokens per minute; all of it where there is no limit to be shared."""
    if not asks or not (settings.requests_per_minute or settings.tokens_per_minute):
        yield lambda: 1.0
        return
    scope = scope_of(provider)
    shares = Shares(database, settings)
    await shares.join(scope)
    try:
        yield lambda: shares.share(scope)
    finally:
        await asyncio.shield(shares.leave())


@asynccontextmanager
async def _joined(places: Places | None) -> AsyncGenerator[None]:
    """Hold places at the model while the block runs, where their number is limited."""
    if places is None:
        yield
        return
    await places.join()
    try:
        yield
    finally:
        await asyncio.shield(places.leave())


def scope_of(provider: Provider) -> str:
    """What names a model among the limits that processes share."""
    return f"{provider.name} {provider.base_url} {provider.model}"
