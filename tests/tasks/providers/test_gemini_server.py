"""The local server of the Gemini API is no echo of our client: it refuses what the API refuses."""

from collections.abc import Iterator
from typing import Any

import aiohttp
import orjson
import pytest
from pydantic import BaseModel

from tasks.evaluators.correctness_answer import CorrectnessAnswer, PolicyAnswer
from tasks.evaluators.efficiency_answer import EfficiencyAnswer, PartAnswer
from tasks.evaluators.intent_answer import IntentAnswer
from tasks.providers.gemini_api.schema import accepted_schema
from tests.contracts.served import Served
from tests.servers.gemini_schema import problem_of_schema
from tests.servers.local_gemini import WRONG_KEY
from tests.tasks.providers.gemini_calls import serve

KEY = {"x-goog-api-key": "a-key"}
USER = {"role": "user", "parts": [{"text": "Thread t1."}]}
TEXT = {"type": "string"}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no turn": ({"contents": []}, "contents is not specified"),
    "no contents": ({"contents": None}, "contents is not specified"),
    "a turn without parts": ({"contents": [{"role": "user", "parts": []}]}, "parts must not be empty"),
    "a part without data": ({"contents": [{"role": "user", "parts": [{"thought": True}]}]}, "oneof field 'data'"),
    "a part of another API": (
        {"contents": [{"parts": [{"type": "text", "text": "a"}]}]},
        "Unknown name \"type\" at 'contents.0.parts.0': Cannot find field.",
    ),
    "a turn of nobody": ({"contents": [{**USER, "role": "assistant"}]}, "valid role: user, model"),
    "a turn of the model last": ({"contents": [USER, {**USER, "role": "model"}]}, "ending with a model turn"),
    "an image that is nowhere": ({"contents": [{"parts": [{"fileData": {"fileUri": "a.png"}}]}]}, "file uri"),
    "messages of another API": ({"messages": [USER]}, 'Unknown name "messages": Cannot find field.'),
    "a parameter in the wrong place": ({"temperature": 0}, 'Unknown name "temperature": Cannot find field.'),
    "a parameter of another API": (
        {"generationConfig": {"max_tokens": 9}},
        "Unknown name \"max_tokens\" at 'generation_config': Cannot find field.",
    ),
    "a limit that is no number": ({"generationConfig": {"maxOutputTokens": "9"}}, "Invalid value at"),
    "a limit of nothing": ({"generationConfig": {"maxOutputTokens": 0}}, "max_output_tokens must be positive"),
    "a seed that is too large": ({"generationConfig": {"seed": 2**31}}, "TYPE_INT32"),
    "a temperature that is too high": ({"generation_config": {"temperature": 2.5}}, "temperature must be in the range"),
    "a schema for no JSON": ({"generationConfig": {"responseJsonSchema": TEXT}}, "mime type application/json"),
    "a schema it does not know": (
        {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": {**TEXT, "pattern": "a"}}},
        "Unsupported keyword 'pattern'",
    ),
}
BAD_SCHEMAS: dict[str, tuple[dict[str, Any], str]] = {
    "a constant": ({"anyOf": [{"const": "a"}]}, "'const'"),
    "a default": ({"items": {**TEXT, "default": "a"}}, "'default'"),
    "words beside a reference": (
        {"$defs": {"A": TEXT}, "prefixItems": [{"$ref": "#/$defs/A", "title": "A"}]},
        "beside",
    ),
    "a reference to nothing": ({"properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"]}, "not found"),
    "a circle of what is required": (
        {"properties": {"a": {"items": {"$ref": "#"}, "type": "array"}}, "required": ["a"]},
        "Cyclic reference",
    ),
    "a choice that is no text": ({"additionalProperties": {"enum": [True]}}, "strings or numbers"),
}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    yield from serve(monkeypatch)


async def post(
    served: Served, headers: dict[str, str], path: str = "v1beta/models/small", **changed: Any
) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to a request that is right but for what is changed; None leaves a field out."""
    body = {name: value for name, value in {"contents": [USER], **changed}.items() if value is not None}
    url = f"{served.server.root_url}/{path}:generateContent"
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as response:
        return response.status, await response.json()


async def test_a_request_that_is_right_is_answered(served: Served) -> None:
    status, body = await post(served, KEY)
    assert (status, body["candidates"][0]["finishReason"], body["modelVersion"]) == (200, "STOP", "small-001")


@pytest.mark.parametrize(
    ("headers", "path", "status", "told"),
    [
        ({}, "v1beta/models/small", 403, "unregistered callers"),
        ({"x-goog-api-key": WRONG_KEY}, "v1beta/models/small", 400, "API key not valid"),
        (KEY, "v1beta/models/large", 404, "models/large is not found for API version v1beta"),
        (KEY, "v7/models/small", 404, "API version v7"),
        ({**KEY, "X-Server-Timeout": "9"}, "v1beta/models/small", 400, "Minimum allowed deadline is 10s"),
    ],
)
async def test_who_asks_where_is_looked_at(
    headers: dict[str, str], path: str, status: int, told: str, served: Served
) -> None:
    found, body = await post(served, headers, path)
    assert (found, body["error"]["code"]) == (status, status)
    assert told in body["error"]["message"]


@pytest.mark.parametrize(("changed", "told"), REFUSED.values(), ids=REFUSED)
async def test_a_body_that_the_api_would_not_take_is_refused(
    changed: dict[str, Any], told: str, served: Served
) -> None:
    status, body = await post(served, KEY, **changed)
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert told in body["error"]["message"]


@pytest.mark.parametrize(("schema", "told"), BAD_SCHEMAS.values(), ids=BAD_SCHEMAS)
def test_a_schema_that_is_not_documented_is_refused(schema: dict[str, Any], told: str) -> None:
    assert told in (problem_of_schema(schema) or "")


@pytest.mark.parametrize("schema", [BAD_SCHEMAS["a constant"][0], BAD_SCHEMAS["a default"][0]])
def test_what_is_not_documented_is_left_out_of_what_is_sent(schema: dict[str, Any]) -> None:
    assert problem_of_schema(accepted_schema(orjson.dumps(schema))) is None


@pytest.mark.parametrize("answer", [CorrectnessAnswer, EfficiencyAnswer, IntentAnswer, PartAnswer, PolicyAnswer])
def test_the_schema_of_every_answer_is_sent_as_it_is(answer: type[BaseModel]) -> None:
    schema = answer.model_json_schema()
    assert accepted_schema(orjson.dumps(schema)) == schema
    assert problem_of_schema(schema) is None
