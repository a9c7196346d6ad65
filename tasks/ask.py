"""The judge of a run put together: its provider, its price, its budget, its share of the limits per minute."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from settings import Settings
from storage.budget import BudgetGrants
from storage.database import Database
from storage.queries.budgets import bury_grants
from storage.queries.ledger import usage_of
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
) -> AsyncGenerator[ModelClient]:
    """The client that asks for this run; what it reserved and leased is given back at the end."""
    async with database.transaction() as session:
        await bury_grants(session, run.id)
        spent = Spent.of(await usage_of(session, run.id))
    async with _share_of_limits(database, settings, provider) as share:
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
        )
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
    database: Database, settings: Settings, provider: Provider
) -> AsyncGenerator[Callable[[], float]]:
    """This process's part of the requests and tokens per minute; all of it where there is no limit to be shared."""
    if not settings.requests_per_minute and not settings.tokens_per_minute:
        yield lambda: 1.0
        return
    scope = f"{provider.name} {provider.base_url} {provider.model}"
    shares = Shares(database, settings)
    await shares.join(scope)
    try:
        yield lambda: shares.share(scope)
    finally:
        await asyncio.shield(shares.leave())
