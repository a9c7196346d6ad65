"""A ledger that is away: no answer is paid for that could not be kept."""

import asyncio
from dataclasses import dataclass

from storage.records import ModelCall
from tasks.providers.client import ModelClient
from tasks.providers.openai import OpenAIProvider
from tests.servers.local_openai import LocalOpenAI
from tests.tasks.providers.questions import RUN_ID, MemoryLedger, Verdict, ask_about, quick_settings

QUESTIONS, CONCURRENCY = 12, 3


class LedgerAwayError(Exception):
    """What a ledger raises that is away for too long."""


@dataclass
class LedgerAway(MemoryLedger):
    """Takes nothing down while it is away."""

    away: bool = True

    async def record(self, call: ModelCall) -> None:
        """Raise, after a moment."""
        await asyncio.sleep(0.01)
        if self.away:
            raise LedgerAwayError
        await super().record(call)


async def test_no_further_call_goes_out_until_the_ledger_is_back(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    ledger = LedgerAway()
    client = ModelClient(RUN_ID, openai_provider, ledger, quick_settings(start_concurrency=CONCURRENCY), CONCURRENCY)
    questions = [ask_about(f"t{number}") for number in range(QUESTIONS)]
    lost = await asyncio.gather(*map(client, questions), return_exceptions=True)
    assert all(isinstance(error, LedgerAwayError) for error in lost)
    assert model_server.calls <= CONCURRENCY
    asked, ledger.away = model_server.calls, False
    assert await asyncio.gather(*map(client, questions)) == [Verdict(verdict="PASS")] * QUESTIONS
    assert model_server.calls == asked + QUESTIONS
