"""Every way a call of `openai:MODEL` can end without an answer, and what it is called."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from tasks.providers.errors import AnswerRefused, AnswerTruncated, CallFailed, CallRejected, ModelError, RateLimited
from tasks.providers.openai import OpenAIProvider
from tests.servers.local_openai import Behaviour, CutOff, LocalOpenAI, completion, error
from tests.tasks.providers.questions import request_for

GARBAGE = {
    "a page": web.Response(text="<html>down for repair</html>", content_type="text/html"),
    "text that says it is JSON": web.Response(text="upstream error", content_type="application/json"),
    "nothing": web.Response(text="", content_type="application/json"),
    "no content": web.Response(status=204),
    "bytes that are not UTF-8": web.Response(body=b'{"choices": "\xff"}', content_type="application/json"),
    "bytes that are not gzip": web.Response(
        body=b"{}", headers={"Content-Encoding": "gzip"}, content_type="application/json"
    ),
    "a list": web.json_response([]),
    "null": web.json_response(None),
    "a number": web.json_response(7),
    "another object": web.json_response({"answer": "PASS"}),
    "an error under status 200": web.json_response({"error": {"message": "overloaded"}}),
    "no choices": web.json_response({"choices": []}),
    "null choices": web.json_response({"choices": None}),
    "a choice that is text": web.json_response({"choices": ["PASS"]}),
    "a choice without a message": web.json_response({"choices": [{"finish_reason": "stop"}]}),
    "a null message": web.json_response({"choices": [{"message": None, "finish_reason": "stop"}]}),
    "content that is no text": web.json_response({"choices": [{"message": {"content": [{"type": "text"}]}}]}),
    "nesting without end": web.Response(text="[" * 100_000, content_type="application/json"),
}


async def end_of(provider: OpenAIProvider, server: LocalOpenAI, behaviour: Behaviour) -> ModelError:
    """What a call ends in, asked once."""
    server.behaviour = behaviour
    with pytest.raises(ModelError) as caught:
        await provider.complete(request_for(), "t1", "correctness")
    assert server.calls == 1
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, CallRejected),
        (401, CallRejected),
        (403, CallRejected),
        (404, CallRejected),
        (413, CallRejected),
        (422, CallRejected),
        (408, CallFailed),
        (409, CallFailed),
        (429, RateLimited),
        (500, CallFailed),
        (503, CallFailed),
        (529, CallFailed),
    ],
)
async def test_every_status_has_its_error(
    status: int, kind: type[ModelError], openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    found = await end_of(openai_provider, model_server, lambda number, body: error(status, "odd", "said so"))
    assert type(found) is kind
    assert str(status) in str(found)
    assert "said so" in str(found)
    assert found.retryable is issubclass(kind, CallFailed)
    assert found.reason == ("infra" if found.retryable else "judge_failed")


@pytest.mark.parametrize("status", [429, 503])
async def test_the_wait_asked_for_in_seconds_is_kept(
    status: int, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    asked = {"Retry-After": "7.5"}
    found = await end_of(openai_provider, model_server, lambda number, body: error(status, "odd", "later", asked))
    assert isinstance(found, CallFailed)
    assert found.retry_after_seconds == 7.5


async def test_the_wait_asked_for_as_a_date_is_kept(openai_provider: OpenAIProvider, model_server: LocalOpenAI) -> None:
    asked = {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)}
    found = await end_of(openai_provider, model_server, lambda number, body: error(429, "odd", "later", asked))
    assert isinstance(found, RateLimited)
    assert found.retry_after_seconds is not None
    assert 80_000 < found.retry_after_seconds <= 86_400


@pytest.mark.parametrize("response", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_is_worth_another_try(
    response: web.Response, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    found = await end_of(openai_provider, model_server, lambda number, body: response)
    assert type(found) is CallFailed
    assert found.reply is None


@pytest.mark.parametrize("sent", [b"", b'{"choices": [{"mess'])
async def test_a_connection_that_is_cut_is_worth_another_try(
    sent: bytes, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    found = await end_of(openai_provider, model_server, lambda number, body: CutOff(sent))
    assert type(found) is CallFailed


async def test_a_time_out_is_worth_another_try(model_server: LocalOpenAI) -> None:
    model_server.latency_seconds = 0.5
    provider = OpenAIProvider("small", timeout_seconds=0.05)
    with pytest.raises(CallFailed, match="APITimeoutError"):
        await provider.complete(request_for(), "t1", "correctness")
    await provider.close()


async def test_a_server_that_is_not_there_is_worth_another_try(
    model_server: LocalOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    provider = OpenAIProvider("small", timeout_seconds=30)
    with pytest.raises(CallFailed, match="host 127"):
        await provider.complete(request_for(), "t1", "correctness")
    await provider.close()


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
    ("finish_reason", "kind", "reason"),
    [("content_filter", AnswerRefused, "refused"), ("length", AnswerTruncated, "truncated")],
)
async def test_an_answer_that_did_not_come_to_its_end_is_not_one(
    finish_reason: str,
    kind: type[ModelError],
    reason: str,
    openai_provider: OpenAIProvider,
    model_server: LocalOpenAI,
) -> None:
    found = await end_of(
        openai_provider, model_server, lambda number, body: completion('{"verdict": "PASS"}', "small", finish_reason)
    )
    assert (type(found), found.reason, found.retryable) == (kind, reason, False)
    assert found.reply is not None
    assert (found.reply.text, found.reply.tokens_out) == ('{"verdict": "PASS"}', 20)


@pytest.mark.parametrize("text", ["", " \n\t"])
async def test_an_empty_answer_is_worth_another_try_and_has_its_tokens(
    text: str, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    found = await end_of(openai_provider, model_server, lambda number, body: completion(text, "small"))
    assert type(found) is CallFailed
    assert found.reply is not None
    assert found.reply.tokens_in == 100
