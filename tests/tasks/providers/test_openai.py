"""`openai:MODEL` through the real SDK: what is sent, what is read, and which parameters a model refuses."""

import asyncio

import pytest
from aiohttp import web

from tasks.providers.errors import CallRejected, UnusableJudge
from tasks.providers.openai import OpenAIProvider
from tests.servers.local_openai import LocalOpenAI, completion, error
from tests.tasks.providers.questions import Verdict, request_for


def refuse_temperature(number: int, body: dict[str, object]) -> web.Response:
    """A model that takes no temperature, as the API says it."""
    if "temperature" not in body:
        return completion("{}", "small")
    return error(400, "unsupported_value", "Unsupported value: 'temperature' does not support 0", param="temperature")


async def test_the_answer_is_asked_for_as_a_strict_json_schema(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    await openai_provider.complete(request_for(), "t1", "correctness")
    assert model_server.requests == [
        {
            "model": "small",
            "messages": [{"role": "system", "content": "Judge."}, {"role": "user", "content": "Thread t1."}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "Verdict", "schema": Verdict.model_json_schema(), "strict": True},
            },
            "temperature": 0.0,
            "max_completion_tokens": 100,
        }
    ]


async def test_a_reply_holds_the_answer_and_the_tokens_billed(openai_provider: OpenAIProvider) -> None:
    reply = await openai_provider.complete(request_for(), "t1", "correctness")
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ('{"verdict": "PASS"}', 100, 20)


@pytest.mark.parametrize(
    "usage", [None, "free", {}, {"prompt_tokens": None, "completion_tokens": "many"}, {"prompt_tokens": -1}]
)
async def test_a_server_that_does_not_say_what_it_bills_is_taken_at_its_answer(
    usage: object, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    message = {"role": "assistant", "content": "{}"}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    model_server.behaviour = lambda number, asked: web.json_response(body)
    reply = await openai_provider.complete(request_for(), "t1", "correctness")
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("{}", 0, 0)


async def test_an_answer_with_characters_postgres_cannot_hold_has_them_replaced(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = lambda number, body: completion('{"verdict": "a\0b\ud800c"}', "small")
    reply = await openai_provider.complete(request_for(), "t1", "correctness")
    assert reply.text == '{"verdict": "a\ufffdb\ufffdc"}'


async def test_a_model_that_refuses_a_temperature_is_asked_once_more_without_and_from_then_on_without(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = refuse_temperature
    for _ in range(2):
        await openai_provider.complete(request_for(), "t1", "correctness")
    assert ["temperature" in body for body in model_server.requests] == [True, False, False]


async def test_calls_that_are_on_the_wire_when_the_temperature_is_refused_are_asked_without_too(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = refuse_temperature
    model_server.latency_seconds = 0.05
    replies = await asyncio.gather(
        *(openai_provider.complete(request_for(prompt=f"Thread {n}."), f"t{n}", "correctness") for n in range(10))
    )
    assert [reply.text for reply in replies] == ["{}"] * 10


@pytest.mark.parametrize("parameter", ["max_completion_tokens", "response_format", None, ["temperature"], 7])
async def test_a_refusal_of_anything_else_is_final(
    parameter: object, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = lambda number, body: error(400, "unsupported", "not this", param=parameter)
    with pytest.raises(CallRejected, match="not this"):
        await openai_provider.complete(request_for(), "t1", "correctness")
    assert model_server.calls == 1


async def test_a_temperature_refused_although_none_was_sent_is_final(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = lambda number, body: error(400, "odd", "not this", param="temperature")
    with pytest.raises(CallRejected, match="not this"):
        await openai_provider.complete(request_for(), "t1", "correctness")
    assert model_server.calls == 2


def test_a_judge_without_a_key_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UnusableJudge, match="'openai:small' cannot be used: set OPENAI_API_KEY"):
        OpenAIProvider("small", 1)


def test_a_judge_without_a_model_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-a-test")
    with pytest.raises(UnusableJudge, match="'openai:' names no model: write openai:MODEL"):
        OpenAIProvider("", 1)


async def test_a_key_that_the_server_repeats_stands_in_no_error(
    monkeypatch: pytest.MonkeyPatch, model_server: LocalOpenAI
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-seen")
    model_server.behaviour = lambda number, body: error(401, "invalid", "no such key: sk-not-to-be-seen, ask for one")
    provider = OpenAIProvider("small", 30)
    with pytest.raises(CallRejected) as caught:
        await provider.complete(request_for(), "t1", "correctness")
    await provider.close()
    assert "sk-not-to-be-seen" not in str(caught.value)
    assert "no such key: ***, ask for one" in str(caught.value)
