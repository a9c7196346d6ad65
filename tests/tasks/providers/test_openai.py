"""`openai:MODEL` through the real SDK: what is sent, what is read, what of the environment is used."""

import pytest
from aiohttp import web

from tasks.providers.base import Turn
from tasks.providers.errors import CallRejected, UnusableJudge
from tasks.providers.openai import OpenAIProvider
from tests.servers.local_openai import LocalOpenAI, completion, error
from tests.tasks.providers.questions import Verdict, quick_settings, request_for


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


async def test_images_are_parts_after_the_text(openai_provider: OpenAIProvider, model_server: LocalOpenAI) -> None:
    turns = [Turn(role="user", text="Look.", images=("https://example.com/a.png", "https://example.com/b.png"))]
    await openai_provider.complete(request_for(turns=turns), "t1", "correctness")
    assert model_server.requests[0]["messages"][1]["content"] == [
        {"type": "text", "text": "Look."},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/b.png"}},
    ]


async def test_a_reply_holds_the_answer_the_tokens_billed_and_the_model(openai_provider: OpenAIProvider) -> None:
    reply = await openai_provider.complete(request_for(), "t1", "correctness")
    assert (reply.text, reply.served_model) == ('{"verdict": "PASS"}', "small-2026-01-01")
    assert (reply.tokens_in, reply.tokens_cached, reply.tokens_out, reply.tokens_reasoning) == (100, 40, 20, 8)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "free",
        {},
        {"prompt_tokens": None, "completion_tokens": "many"},
        {"prompt_tokens": -1, "prompt_tokens_details": {"cached_tokens": 7}},
        {"prompt_tokens_details": [], "completion_tokens_details": {"reasoning_tokens": 3}},
    ],
)
async def test_a_server_that_does_not_say_what_it_bills_is_taken_at_its_answer(
    usage: object, openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    message = {"role": "assistant", "content": "{}"}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage, "model": 7}
    model_server.behaviour = lambda number, asked: web.json_response(body)
    reply = await openai_provider.complete(request_for(), "t1", "correctness")
    assert (reply.text, reply.served_model) == ("{}", None)
    assert (reply.tokens_in, reply.tokens_cached, reply.tokens_out, reply.tokens_reasoning) == (0, 0, 0, 0)


async def test_an_answer_with_characters_postgres_cannot_hold_has_them_replaced(
    openai_provider: OpenAIProvider, model_server: LocalOpenAI
) -> None:
    model_server.behaviour = lambda number, body: completion('{"verdict": "a\0b\ud800c"}', "small")
    reply = await openai_provider.complete(request_for(), "t1", "correctness")
    assert reply.text == '{"verdict": "a\ufffdb\ufffdc"}'


@pytest.mark.parametrize("parameter", ["max_completion_tokens", "response_format", None, ["temperature"], 7])
async def test_a_refusal_of_anything_but_the_temperature_is_final(
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


async def test_organisation_project_and_extra_headers_of_the_environment_reach_the_wire(
    model_server: LocalOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-a-test")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_of_a_test")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway-Key: gw-not-to-be-seen\nX-Team: evals")
    model_server.behaviour = lambda number, body: error(403, "denied", "gw-not-to-be-seen has no rights")
    provider = OpenAIProvider("small", quick_settings())
    with pytest.raises(CallRejected) as caught:
        await provider.complete(request_for(), "t1", "correctness")
    await provider.close()
    (sent,) = model_server.headers
    assert (sent["OpenAI-Organization"], sent["OpenAI-Project"]) == ("org-of-a-test", "proj_of_a_test")
    assert (sent["X-Gateway-Key"], sent["X-Team"]) == ("gw-not-to-be-seen", "evals")
    assert "*** has no rights" in str(caught.value)


async def test_a_password_in_the_base_url_is_no_part_of_what_identifies_a_call(
    model_server: LocalOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", model_server.root_url.replace("//", "//user:pass-not-to-be-seen@"))
    provider = OpenAIProvider("small", quick_settings())
    await provider.close()
    assert provider.base_url == f"{model_server.root_url}/"


@pytest.mark.parametrize("key", [None, "", " \n"])
def test_a_judge_without_a_key_cannot_be_used(key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "not a key for calls")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UnusableJudge, match="'openai:small' cannot be used: set OPENAI_API_KEY"):
        OpenAIProvider("small", quick_settings())


@pytest.mark.parametrize("url", ["api.openai.com/v1", "ftp://a/v1", "http://", "http://a:b/v1", "http://[a/v1"])
def test_a_base_url_that_is_none_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-a-test")
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(UnusableJudge, match=r"OPENAI_BASE_URL: '.*' is no http or https URL"):
        OpenAIProvider("small", quick_settings())


@pytest.mark.parametrize(
    ("name", "value", "header"),
    [
        ("OPENAI_API_KEY", "sk-two\nlines", "Authorization"),
        ("OPENAI_API_KEY", "\u201csk-quoted\u201d", "Authorization"),
        ("OPENAI_ORG_ID", "org\u00e9", "OpenAI-Organization"),
        ("OPENAI_CUSTOM_HEADERS", "X-Team: caf\u00e9", "X-Team"),
        ("OPENAI_CUSTOM_HEADERS", "X Team: evals", "X Team"),
    ],
)
def test_a_header_that_cannot_be_sent_is_named_without_its_value(
    name: str, value: str, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-a-test")
    monkeypatch.setenv(name, value)
    with pytest.raises(UnusableJudge, match=f"^judge 'openai:small' cannot be used: .*{header}") as caught:
        OpenAIProvider("small", quick_settings())
    assert value.split()[-1] not in str(caught.value)
