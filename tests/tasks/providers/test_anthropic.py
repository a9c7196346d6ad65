"""`anthropic:MODEL` through the real SDK: what is sent, and under which version of the API."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from aiohttp import web
from pydantic import BaseModel, Field

from tasks.providers.anthropic import AnthropicProvider
from tasks.providers.base import Turn
from tasks.providers.errors import CallRejected, UnusableJudge
from tests.servers.local_anthropic import LocalAnthropic, error
from tests.tasks.providers.anthropic_calls import ANSWER, ask, serve
from tests.tasks.providers.questions import quick_settings, request_for

OLD, NEW = "2023-06-01", "2026-10-21"
WITHOUT_TEMPERATURE = {"max_output_tokens": 100}


class Bounded(BaseModel):
    """An answer with what structured output does not know: bounds, a default, an open object."""

    score: Annotated[int, Field(ge=1, le=10)]
    note: Annotated[str, Field(max_length=80)] = "none"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAnthropic]:
    yield from serve(monkeypatch)


async def test_the_answer_is_asked_for_by_structured_output(server: LocalAnthropic) -> None:
    await ask()
    assert server.requests == [
        {
            "model": "small",
            "max_tokens": 100,
            "system": "Judge.",
            "messages": [{"role": "user", "content": "Thread t1."}],
            "output_config": {
                "format": {
                    "type": "json_schema",
                    "schema": {
                        "title": "Verdict",
                        "description": "The answer asked for.",
                        "type": "object",
                        "properties": {"verdict": {"type": "string", "title": "Verdict"}},
                        "required": ["verdict"],
                        "additionalProperties": False,
                    },
                }
            },
            "temperature": 0.0,
        }
    ]
    assert server.paths == ["/v1/messages"]


async def test_a_schema_with_bounds_and_defaults_becomes_one_that_the_api_takes(server: LocalAnthropic) -> None:
    await ask(request_for(answer_schema=Bounded.model_json_schema()))
    properties = server.schema_of(server.requests[0])["properties"]
    assert properties["score"] == {"type": "integer", "title": "Score", "description": "{maximum: 10, minimum: 1}"}
    assert "maxLength: 80" in properties["note"]["description"]


async def test_a_schema_that_has_no_form_the_api_takes_is_refused_before_the_call(server: LocalAnthropic) -> None:
    with pytest.raises(CallRejected, match="schema is none that the API takes"):
        await ask(request_for(answer_schema={"type": "object", "properties": {"anything": {}}}))
    assert server.calls == 0


async def test_images_come_before_the_text_and_an_empty_system_prompt_is_left_out(server: LocalAnthropic) -> None:
    links = ("https://example.com/a.png", "https://example.com/b.png")
    await ask(request_for(system="", turns=[Turn(role="user", text="Look.", images=links)]))
    images = [{"type": "image", "source": {"type": "url", "url": link}} for link in links]
    assert server.requests[0]["messages"] == [{"role": "user", "content": [*images, {"type": "text", "text": "Look."}]}]
    assert "system" not in server.requests[0]


@pytest.mark.parametrize(("sampling", "version"), [({"temperature": 0.5}, OLD), ({}, NEW)])
async def test_a_temperature_goes_out_under_the_version_that_has_one(
    sampling: dict[str, Any], version: str, server: LocalAnthropic
) -> None:
    await ask(request_for(sampling={**WITHOUT_TEMPERATURE, **sampling}))
    assert server.requests[0].get("temperature") == sampling.get("temperature")
    assert server.headers[0]["anthropic-version"] == version


async def test_a_model_that_refuses_a_temperature_is_asked_under_the_version_of_the_sdk(server: LocalAnthropic) -> None:
    provider = AnthropicProvider("thinks-small", quick_settings())
    for _ in range(2):
        assert (await provider.complete(request_for(model="thinks-small"), "t1", "correctness")).text == ANSWER
    await provider.close()
    assert [headers["anthropic-version"] for headers in server.headers] == [OLD, NEW, NEW]
    assert ["temperature" in body for body in server.requests] == [True, False, False]


@pytest.mark.parametrize("temperature", [0.0, None])
async def test_a_temperature_that_is_refused_again_and_again_is_final(
    temperature: float | None, server: LocalAnthropic
) -> None:
    server.behaviour = lambda number, body: error(400, "temperature: not this")
    with pytest.raises(CallRejected, match="not this"):
        await ask(request_for(sampling={**WITHOUT_TEMPERATURE, "temperature": temperature}))
    assert server.calls == (1 if temperature is None else 2)


async def test_a_temperature_that_no_model_takes_is_not_left_out_in_silence(server: LocalAnthropic) -> None:
    with pytest.raises(CallRejected, match="temperature: Input should be a number from 0 to 1"):
        await ask(request_for(sampling={**WITHOUT_TEMPERATURE, "temperature": 1.5}))
    with pytest.raises(UnusableJudge, match=r"^judge 'anthropic:small' takes a temperature of 0 to 1"):
        AnthropicProvider("small", quick_settings(temperature=1.5))


async def test_a_compatible_server_may_leave_much_out(server: LocalAnthropic) -> None:
    server.behaviour = lambda number, body: web.json_response({"content": [{"type": "text", "text": ANSWER}]})
    reply = await ask()
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.served_model) == (ANSWER, 0, 0, None)
