"""How a call of `openai:MODEL` can end without an answer, beyond what every provider's contract lists."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tasks.providers.errors import AccessRefused, AnswerRefused, AnswerTruncated, CallFailed, ModelError, RateLimited
from tasks.providers.openai import OpenAIProvider
from tests.servers.local_openai import Behaviour, LocalOpenAI, completion, error
from tests.tasks.providers.questions import quick_settings, request_for

GARBAGE = {
    "bytes that are not UTF-8": web.Response(body=b'{"choices": "\xff"}', content_type="application/json"),
    "no choices": web.json_response({"choices": []}),
    "null choices": web.json_response({"choices": None}),
    "a choice that is text": web.json_response({"choices": ["PASS"]}),
    "a choice without a message": web.json_response({"choices": [{"finish_reason": "stop"}]}),
    "a null message": web.json_response({"choices": [{"message": None, "finish_reason": "stop"}]}),
    "content that is no text": web.json_response({"choices": [{"message": {"content": [{"type": "text"}]}}]}),
}


async def end_of(provider: OpenAIProvider, server: LocalOpenAI, behaviour: Behaviour) -> ModelError:
    """What a call ends in, asked once."""
    server.behaviour = behaviour
    with pytest.raises(ModelError) as caught:
        await provider.complete(request_for(), "t1", "correctness")
    assert server.calls == 1
    return caught.value


@pytest.mark.parametrize("response", GARBAGE.values(), ids=GARBAGE)
async def test_half_a_completion_is_worth_another_try(
    response: web.Response, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    found = await end_of(openai_provider, model_server, lambda number, body: response)
    assert type(found) is CallFailed
    assert found.reply is None


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "insufficient_quota"), (429, "billing_not_active"), (400, "billing_hard_limit_reached")],
)
async def test_a_quota_that_is_used_up_is_no_rate_limit(
    status: int, code: str, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    found = await end_of(openai_provider, model_server, lambda number, body: error(status, code, "no money"))
    assert type(found) is AccessRefused
    assert "no money" in str(found)


@pytest.mark.parametrize("code", ["invalid_prompt", "content_policy_violation"])
async def test_a_prompt_that_the_filter_stops_is_refused(
    code: str, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    found = await end_of(openai_provider, model_server, lambda number, body: error(400, code, "flagged"))
    assert type(found) is AnswerRefused
    assert found.reply is None


async def test_a_wait_in_milliseconds_goes_before_one_in_seconds(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    asked = {"retry-after-ms": "1500", "Retry-After": "2"}
    found = await end_of(openai_provider, model_server, lambda number, body: error(429, "odd", "later", asked))
    assert isinstance(found, RateLimited)
    assert found.retry_after_seconds == 1.5


async def test_an_error_that_is_plain_text_is_told(openai_provider: OpenAIProvider, model_server: LocalOpenAI) -> None:
    told = web.json_response({"error": "the engine is asleep"}, status=500)
    found = await end_of(openai_provider, model_server, lambda number, body: told)
    assert str(found) == "Error code: 500 - the engine is asleep"


async def test_a_refusal_is_told_on_one_line_with_its_tokens(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    refusal = "I\0 will\nnot \ud800 judge this."
    found = await end_of(openai_provider, model_server, lambda number, body: completion("", "small", refusal=refusal))
    assert isinstance(found, AnswerRefused)
    assert str(found) == "I\ufffd will not \ufffd judge this."
    assert found.reply is not None
    assert (found.reply.tokens_in, found.reply.tokens_out) == (100, 20)


@pytest.mark.parametrize(
    ("finish_reason", "kind"),
    [
        ("length", AnswerTruncated),
        ("max_tokens", AnswerTruncated),
        ("content_filter", AnswerRefused),
        ("error", CallFailed),
        ("abort", CallFailed),
    ],
)
async def test_an_answer_that_did_not_come_to_its_end_is_not_one(
    finish_reason: str, kind: type[ModelError], openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    found = await end_of(
        openai_provider, model_server, lambda number, body: completion('{"verdict": "PASS"}', "small", finish_reason)
    )
    assert type(found) is kind
    assert found.reply is not None
    assert (found.reply.text, found.reply.tokens_out) == ('{"verdict": "PASS"}', 20)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a reply a byte at a time, and never come to its end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.01)


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer in another protocol."""
    await reader.readline()
    writer.write(b"\x00\x00\x00\x0dR\x00\x00\x00\x08 no HTTP here\r\n\r\n")
    writer.close()


@pytest.fixture(params=[drip, babble])
async def odd_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The base URL of a server that is none."""
    server = await asyncio.start_server(request.param, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    server.close()


async def test_a_server_that_drips_or_speaks_no_http_holds_no_call_for_ever(
    odd_url: str, model_server: LocalOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", odd_url)
    provider = OpenAIProvider("small", quick_settings(call_timeout_seconds=0.5))
    with pytest.raises(CallFailed) as caught:
        await provider.complete(request_for(), "t1", "correctness")
    await provider.close()
    assert type(caught.value) is CallFailed
