"""The local server of the Messages API is no echo of our client: it refuses what the API refuses."""

from collections.abc import Iterator
from typing import Any

import aiohttp
import orjson
import pytest
from pydantic import BaseModel

from tasks.evaluators.correctness_answer import CorrectnessAnswer, PolicyAnswer
from tasks.evaluators.efficiency_answer import EfficiencyAnswer, PartAnswer
from tasks.evaluators.intent_answer import IntentAnswer
from tasks.providers.anthropic_api.request import accepted_schema
from tests.servers.anthropic_schema import problem_of_schema
from tests.servers.local_anthropic import LocalAnthropic
from tests.tasks.providers.anthropic_calls import serve

HEADERS = {"x-api-key": "a-key", "anthropic-version": "2026-10-21"}
USER = {"role": "user", "content": "Thread t1."}
OPEN_OBJECT = {"type": "object", "properties": {"verdict": {"type": "string"}}, "required": ["verdict"]}
CLOSED = {"additionalProperties": False}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no limit": ({"max_tokens": None}, "max_tokens: required field"),
    "a limit that is no number": ({"max_tokens": "100"}, "max_tokens"),
    "no model": ({"model": None}, "model: required field"),
    "no turn": ({"messages": []}, "at least one message"),
    "a turn of the model first": ({"messages": [{"role": "assistant", "content": "Yes."}, USER]}, "first message"),
    "a turn of nobody": ({"messages": [{"role": "developer", "content": "Yes."}]}, "role"),
    "an empty text": ({"messages": [{"role": "user", "content": ""}]}, "non-whitespace"),
    "a part of another API": ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "image_url"),
    "an image without https": (
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "a.png"}}]}]},
        "Only HTTPS URLs",
    ),
    "a seed": ({"seed": 7}, "seed: unknown field"),
    "a temperature": ({"temperature": 1}, "temperature: Extra inputs are not permitted"),
    "a format of another API": ({"response_format": {}}, "response_format: unknown field"),
}
BAD_SCHEMAS: dict[str, tuple[dict[str, Any], str]] = {
    "open": (OPEN_OBJECT, "additionalProperties"),
    "open within": ({**OPEN_OBJECT, **CLOSED, "properties": {"verdict": OPEN_OBJECT}}, "additionalProperties"),
    "bounded": ({**OPEN_OBJECT, **CLOSED, "properties": {"verdict": {"type": "integer", "minimum": 1}}}, "minimum"),
    "long": ({**OPEN_OBJECT, **CLOSED, "properties": {"verdict": {"type": "string", "maxLength": 9}}}, "maxLength"),
    "any": ({**OPEN_OBJECT, **CLOSED, "properties": {"verdict": {}}}, "type is missing"),
    "endless": (
        {"$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}}, "$ref": "#/$defs/A"},
        "Circular reference",
    ),
    "loose": ({**OPEN_OBJECT, **CLOSED, "properties": {f"p{n}": {"type": "null"} for n in range(30)}}, "too many"),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAnthropic]:
    yield from serve(monkeypatch)


async def post(server: LocalAnthropic, headers: dict[str, str], **changed: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to a request that is right but for what is changed; None leaves a field out."""
    body = {"model": "small", "max_tokens": 100, "messages": [USER], **changed}
    body = {name: value for name, value in body.items() if value is not None}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.root_url}/v1/messages", json=body, headers=headers) as response,
    ):
        return response.status, await response.json()


@pytest.mark.parametrize("headers", [HEADERS, {"Authorization": "Bearer a-key", "anthropic-version": "2023-06-01"}])
async def test_a_request_that_is_right_is_answered(headers: dict[str, str], server: LocalAnthropic) -> None:
    status, body = await post(server, headers)
    assert (status, body["type"], body["stop_reason"]) == (200, "message", "end_turn")


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"anthropic-version": "2026-10-21"}, 401, "authentication_error"),
        ({"x-api-key": "a-key"}, 400, "invalid_request_error"),
        ({"x-api-key": "a-key", "anthropic-version": "2025-01-01"}, 400, "invalid_request_error"),
    ],
)
async def test_a_request_without_a_key_or_a_version_is_refused(
    headers: dict[str, str], status: int, kind: str, server: LocalAnthropic
) -> None:
    found, body = await post(server, headers)
    assert (found, body["type"], body["error"]["type"]) == (status, "error", kind)
    assert body["request_id"]


@pytest.mark.parametrize(("changed", "told"), REFUSED.values(), ids=REFUSED)
async def test_a_body_that_the_api_would_not_take_is_refused(
    changed: dict[str, Any], told: str, server: LocalAnthropic
) -> None:
    status, body = await post(server, HEADERS, **changed)
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    assert told in body["error"]["message"]


@pytest.mark.parametrize(
    ("model", "temperature", "status"), [("small", 0, 200), ("small", 1.5, 400), ("thinks-small", 0, 400)]
)
async def test_the_old_version_has_a_temperature_for_some_models(
    model: str, temperature: float, status: int, server: LocalAnthropic
) -> None:
    old = {**HEADERS, "anthropic-version": "2023-06-01"}
    assert (await post(server, old, model=model, temperature=temperature))[0] == status


@pytest.mark.parametrize(("schema", "told"), BAD_SCHEMAS.values(), ids=BAD_SCHEMAS)
async def test_a_schema_that_structured_output_does_not_know_is_refused(
    schema: dict[str, Any], told: str, server: LocalAnthropic
) -> None:
    status, body = await post(server, HEADERS, output_config={"format": {"type": "json_schema", "schema": schema}})
    assert status == 400
    assert body["error"]["message"].startswith("output_config.format.schema: ")
    assert told in body["error"]["message"]


@pytest.mark.parametrize("answer", [CorrectnessAnswer, PolicyAnswer, EfficiencyAnswer, PartAnswer, IntentAnswer])
def test_the_schema_of_every_evaluator_is_taken(answer: type[BaseModel]) -> None:
    sent = orjson.loads(accepted_schema(orjson.dumps(answer.model_json_schema())))
    assert problem_of_schema(sent) is None
    assert sent["title"] == answer.__name__
