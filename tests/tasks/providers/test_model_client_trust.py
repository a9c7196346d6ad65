"""The model client: repairs, answers shared and reused, judges that cannot be used, budgets."""

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from storage.records import Amount, FoundAnswer
from tasks.providers.calls.budget import Budget
from tasks.providers.client import ModelClient
from tasks.providers.errors import (
    AnswerUnparseable,
    BudgetExhausted,
    CallFailed,
    JudgeStopped,
    ModelError,
    UnusableJudge,
)
from tasks.providers.openai import OpenAIProvider
from tests.servers.local_openai import LocalOpenAI, completion, error
from tests.tasks.providers.calls.test_budget import MemoryGrants
from tests.tasks.providers.questions import RUN_ID, MemoryLedger, ask_about, quick_settings

FINE, BAD = '{"verdict": "PASS"}', '{"verdikt": "PASS"}'
ANOTHER_RUN = UUID("01890000-0000-7000-8000-000000000002")


class TokenPrice:
    """A thousandth of a dollar for each token."""

    def cost_usd(self, tokens_in: int, tokens_out: int, tokens_cached: int = 0) -> Decimal:
        return Decimal(tokens_in + tokens_out) / 1000


def client_of(provider: OpenAIProvider, ledger: MemoryLedger, **options: Any) -> ModelClient:
    settings = quick_settings(**options.pop("settings", {}))
    return ModelClient(RUN_ID, provider, ledger, settings, **options)


async def test_a_judge_is_shown_what_does_not_fit_and_the_repaired_answer_counts(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = lambda number, body: completion(BAD if number == 1 else FINE, body["model"])
    ledger = MemoryLedger()
    client = client_of(openai_provider, ledger, price=TokenPrice())
    assert (await client(ask_about())).verdict == "PASS"
    first, second = ledger.calls
    assert first.request_hash == second.request_hash
    assert [(call.usable, call.repair, call.cost_usd) for call in ledger.calls] == [
        (False, False, Decimal("0.12")),
        (True, True, Decimal("0.12")),
    ]
    messages: list[dict[str, Any]] = model_server.requests[1]["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[2]["content"] == BAD
    assert "verdict: Field required" in messages[3]["content"]
    assert (client.spent.calls, client.spent.usd) == (2, Decimal("0.24"))
    assert await client_of(openai_provider, ledger)(ask_about())
    assert model_server.calls == 2


@pytest.mark.parametrize("repairs", [0, 1, 2])
async def test_repairs_are_bounded_and_an_answer_that_never_fits_is_unparseable(
    repairs: int, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = lambda number, body: completion(BAD, body["model"])
    ledger = MemoryLedger()
    with pytest.raises(AnswerUnparseable):
        await client_of(openai_provider, ledger, settings={"repair_calls": repairs})(ask_about())
    assert len(ledger.calls) == model_server.calls == 1 + repairs


async def test_a_truncated_answer_is_not_repaired_though_it_would_parse(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = lambda number, body: completion(FINE, body["model"], "length")
    with pytest.raises(ModelError, match="cut off") as caught:
        await client_of(openai_provider, MemoryLedger())(ask_about())
    assert (caught.value.reason, model_server.calls) == ("truncated", 1)


async def test_the_same_request_asked_twice_at_once_is_paid_once(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.latency_seconds = 0.05
    ledger = MemoryLedger()
    client = client_of(openai_provider, ledger)
    same = [ask_about("t1"), *(ask_about(f"copy-{number}", prompt="Thread t1.") for number in range(9))]
    answers = await asyncio.gather(*(client(question) for question in same))
    assert {answer.verdict for answer in answers} == {"PASS"}
    assert model_server.calls == len(ledger.calls) == 1


async def test_who_waits_for_the_same_request_asks_himself_when_the_first_is_cancelled(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.latency_seconds = 0.1
    client = client_of(openai_provider, MemoryLedger())
    first, second = asyncio.create_task(client(ask_about())), asyncio.create_task(client(ask_about()))
    await asyncio.sleep(0.05)
    first.cancel()
    assert (await second).verdict == "PASS"
    assert first.cancelled()


async def test_an_answer_of_another_run_is_recorded_here_as_what_it_is(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    class OldAnswers(MemoryLedger):
        async def find(self, request_hash: str) -> FoundAnswer | None:
            return FoundAnswer(text=FINE, run_id=ANOTHER_RUN)

    ledger = OldAnswers()
    assert (await client_of(openai_provider, ledger)(ask_about())).verdict == "PASS"
    (call,) = ledger.calls
    assert (call.usable, call.response, call.reused_from) == (True, FINE, ANOTHER_RUN)
    assert (call.tokens_in + call.tokens_out, call.cost_usd, model_server.calls) == (0, Decimal(0), 0)


@pytest.mark.parametrize(("status", "told"), [(401, "Incorrect"), (403, "not allowed"), (404, "no such model")])
async def test_a_wrong_key_or_model_costs_one_call_however_many_are_waiting(
    status: int, told: str, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = lambda number, body: error(status, "odd", told)
    client = client_of(openai_provider, MemoryLedger(), concurrency=50)
    ended = await asyncio.gather(*(client(ask_about(f"t{n}")) for n in range(100)), return_exceptions=True)
    assert {type(outcome) for outcome in ended} == {UnusableJudge}
    assert told in str(ended[0])
    assert model_server.calls == 1
    assert isinstance(client.stopped, UnusableJudge)


async def test_a_judge_that_stops_answering_stops_the_run_and_what_is_on_the_wire_ends_in_its_own_way(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = lambda number, body: (
        completion(FINE, body["model"]) if number <= 20 else error(500, "odd", "down")
    )
    ledger = MemoryLedger()
    client = client_of(openai_provider, ledger, concurrency=4, settings={"breaker_calls": 5, "call_attempts": 1})
    ended = await asyncio.gather(*(client(ask_about(f"t{n}")) for n in range(200)), return_exceptions=True)
    kinds = [type(outcome) for outcome in ended]
    assert kinds.count(JudgeStopped) > 150
    assert 4 <= kinds.count(CallFailed) <= 4 + 4
    assert sum(call.usable for call in ledger.calls) == 20
    assert len(ledger.calls) == model_server.calls <= 20 + 5 + 4


async def test_a_storm_of_429_loses_nothing_and_halves_what_is_on_the_wire(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.latency_seconds = 0.01
    busy: Callable[[int, dict[str, Any]], web.Response] = lambda number, body: (  # noqa: E731
        error(429, "rate_limit", "slow down", {"Retry-After": "0.02"})
        if model_server.on_wire > 4
        else completion(FINE, body["model"])
    )
    model_server.behaviour = busy
    ledger = MemoryLedger()
    client = client_of(openai_provider, ledger, concurrency=40, settings={"start_concurrency": 40})
    answers = await asyncio.gather(*(client(ask_about(f"t{n}")) for n in range(120)))
    assert len(answers) == 120
    assert sum(call.usable for call in ledger.calls) == 120
    limited = [call for call in ledger.calls if not call.usable]
    assert limited
    assert len(limited) < 120


async def test_a_budget_with_fifty_calls_in_flight_is_not_overshot(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.latency_seconds = 0.01
    ledger, limit = MemoryLedger(), 30_000
    settings = {"max_output_tokens": 500, "start_concurrency": 50}
    client = client_of(
        openai_provider,
        ledger,
        concurrency=50,
        settings=settings,
        budget=Budget(MemoryGrants(limit), Amount(tokens=500)),
    )
    ended = await asyncio.gather(*(client(ask_about(f"t{n}")) for n in range(400)), return_exceptions=True)
    spent = sum(call.tokens_in + call.tokens_out for call in ledger.calls)
    assert spent <= limit
    assert spent > limit - 2_000  # nothing is left lying that would have covered one more call
    assert {type(outcome) for outcome in ended if isinstance(outcome, Exception)} == {BudgetExhausted}
    assert client.budget_exhausted


async def test_a_price_that_is_not_known_makes_a_cost_that_is_not_known(openai_provider: OpenAIProvider) -> None:
    ledger = MemoryLedger()
    client = client_of(openai_provider, ledger)
    await client(ask_about())
    assert [call.cost_usd for call in ledger.calls] == [None]
    assert client.spent.usd is None


async def test_what_is_kept_can_be_read_back_as_the_request(openai_provider: OpenAIProvider) -> None:
    ledger = MemoryLedger()
    await client_of(openai_provider, ledger)(ask_about(repeat=2))
    (call,) = ledger.calls
    assert (call.repeat, call.served_model) == (2, "small-2026-01-01")
    assert json.loads(call.response or "") == {"verdict": "PASS"}


async def test_each_repeat_has_a_seed_of_its_own(openai_provider: OpenAIProvider, model_server: LocalOpenAI) -> None:
    client = client_of(openai_provider, MemoryLedger(), settings={"seed": 7})
    for repeat in range(3):
        await client(ask_about(repeat=repeat))
    assert [body["seed"] for body in model_server.requests] == [7, 8, 9]


async def test_a_call_that_is_cancelled_on_the_wire_counts_as_spent(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.latency_seconds = 30
    grants = MemoryGrants(limit=100_000)
    budget = Budget(grants, Amount(tokens=500))
    asking = asyncio.create_task(client_of(openai_provider, MemoryLedger(), budget=budget)(ask_about()))
    async with asyncio.timeout(20):
        while not model_server.on_wire:
            await asyncio.sleep(0.01)
    on_the_wire = budget.reserved
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert on_the_wire.tokens > 0
    assert (budget.settled, budget.reserved) == (on_the_wire, Amount())
