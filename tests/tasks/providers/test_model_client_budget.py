"""The model client's budget: a call whose bill is not known counts with the most it can cost."""

import asyncio

import pytest

from storage.errors import DatabaseUnavailable
from storage.records import Amount, ModelCall
from tasks.providers.calls.budget import Budget
from tasks.providers.calls.requests import most_tokens_in, request_for
from tasks.providers.client import ModelClient
from tasks.providers.openai import OpenAIProvider
from tests.servers.local_openai import LocalOpenAI
from tests.tasks.providers.calls.test_budget import MemoryGrants
from tests.tasks.providers.questions import RUN_ID, MemoryLedger, ask_about, quick_settings

SETTINGS = quick_settings(max_output_tokens=300)


def budgeted(provider: OpenAIProvider, ledger: MemoryLedger) -> tuple[ModelClient, MemoryGrants]:
    """A client whose budget covers many calls."""
    grants = MemoryGrants(limit=100_000)
    return ModelClient(RUN_ID, provider, ledger, SETTINGS, budget=Budget(grants, Amount(tokens=300))), grants


def most_of_one(provider: OpenAIProvider) -> Amount:
    request = request_for(ask_about(), provider, SETTINGS)
    return Amount(tokens=most_tokens_in(request) + 300)


async def test_an_answer_counts_as_it_was_billed(openai_provider: OpenAIProvider) -> None:
    client, grants = budgeted(openai_provider, MemoryLedger())
    await client(ask_about())
    await client.close()
    assert grants.closed == Amount(tokens=120)


async def test_a_call_that_is_cut_off_on_the_wire_counts_as_spent(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.latency_seconds = 600.0
    client, grants = budgeted(openai_provider, MemoryLedger())
    asking = asyncio.create_task(client(ask_about()))
    while not model_server.on_wire:
        await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await client.close()
    assert grants.closed == most_of_one(openai_provider)


async def test_an_answer_that_could_not_be_written_down_counts_as_spent(openai_provider: OpenAIProvider) -> None:
    class Away(MemoryLedger):
        async def record(self, call: ModelCall) -> None:
            raise DatabaseUnavailable("the database did not answer")

    client, grants = budgeted(openai_provider, Away())
    with pytest.raises(DatabaseUnavailable):
        await client(ask_about())
    await client.close()
    assert grants.closed == most_of_one(openai_provider)
