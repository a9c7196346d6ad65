"""The local OpenAI server refuses what the API refuses, so that it is no echo of our own requests."""

from typing import Any

import pytest

from tests.servers.base import Body
from tests.servers.local_openai import LocalOpenAI
from tests.servers.openai_schema import problem_of_schema

TEXT: Body = {"type": "string"}
IMAGE: Body = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def object_of(**properties: Body) -> Body:
    """A schema that strict mode takes, if it takes the properties."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def body_with(**changed: Any) -> Body:
    """A request that the API takes, if it takes what is changed; None leaves a field out."""
    body: Body = {"model": "small", "messages": [{"role": "user", "content": "Hello."}], "seed": 7, "temperature": 0}
    return {name: value for name, value in (body | changed).items() if value is not None}


def nested(levels: int) -> Body:
    """Objects in each other."""
    return object_of(inner=nested(levels - 1)) if levels > 1 else object_of(text=TEXT)


def schema_format(schema: Body, name: str = "Verdict") -> Body:
    """Structured output in strict mode."""
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"temperature": 2.0, "max_tokens": 5, "stop": ["\n"], "logit_bias": {"50256": -100}},
        {"model": "o-test", "temperature": 1, "max_completion_tokens": 5, "reasoning_effort": "low"},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Look."}, IMAGE]}]},
        {"messages": [{"role": "assistant", "content": "Yes."}, {"role": "developer", "content": "Go."}]},
        {"response_format": schema_format(object_of(text=TEXT))},
        {"response_format": {"type": "json_object"}},
    ],
)
def test_what_the_api_takes_is_taken(changed: Body) -> None:
    assert LocalOpenAI().refuse_body(body_with(**changed)) is None


REFUSED: list[tuple[Body, str]] = [
    ({"model": None}, "model: required"),
    ({"messages": None}, "messages: required"),
    ({"messages": []}, "empty array"),
    ({"max_output_tokens": 5}, "max_output_tokens: unknown"),
    ({"seed": "7"}, "seed"),
    ({"seed": True}, "seed"),
    ({"temperature": 2.5}, "temperature"),
    ({"max_completion_tokens": 0}, "below minimum"),
    ({"max_tokens": 5, "max_completion_tokens": 5}, "at the same time"),
    ({"model": "o-test"}, "does not support 0"),
    ({"model": "o-test", "temperature": None, "max_tokens": 5}, "max_completion_tokens"),
    ({"messages": [{"role": "model", "content": "Hello."}]}, "role"),
    ({"messages": [{"role": "user"}]}, "content: required"),
    ({"messages": [{"role": "user", "content": "Hello.", "images": []}]}, "images: unknown"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "https://a/b"}]}]}, "no object"),
    ({"messages": [{"role": "assistant", "content": [IMAGE]}]}, "content"),
    ({"response_format": {"type": "json_schema", "schema": {}}}, "response_format.schema: unknown"),
    ({"response_format": schema_format(object_of(text=TEXT), "My Verdict")}, "name"),
    ({"response_format": schema_format({"type": "object"})}, "additionalProperties"),
]


@pytest.mark.parametrize(("changed", "why"), REFUSED)
def test_what_the_api_refuses_is_refused(changed: Body, why: str) -> None:
    refused = LocalOpenAI().refuse_body(body_with(**changed))
    assert refused is not None
    assert refused.status == 400
    assert why in str(refused.text)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"anyOf": [object_of()]}, "type"),
        ({**object_of(text=TEXT), "additionalProperties": True}, "additionalProperties"),
        ({**object_of(text=TEXT), "required": []}, "required"),
        (object_of(text={"type": "string", "default": "a"}), "'default' is not permitted"),
        (object_of(text={"type": "string", "minLength": 1}), "'minLength' is not permitted"),
        (object_of(text={"allOf": [TEXT]}), "'allOf' is not permitted"),
        (object_of(text={"title": "Anything"}), "must have a 'type'"),
        (object_of(texts={"type": "array"}), "missing items"),
        (object_of(text={"$ref": "#/$defs/T", "description": "A text."}), r"$ref cannot have keywords"),
        ({**object_of(one={"$ref": "#/$defs/T"}), "$defs": {"T": {"type": "object"}}}, "additionalProperties"),
        (nested(11), "11 levels of nesting"),
        (object_of(word={"type": "string", "enum": [str(number) for number in range(1001)]}), "1001 enum values"),
    ],
)
def test_what_strict_mode_refuses_is_refused(schema: Body, why: str) -> None:
    assert why in (problem_of_schema(schema) or "")


def test_a_schema_may_refer_to_itself_and_nest_ten_levels() -> None:
    tree = object_of(children={"type": "array", "items": {"$ref": "#"}}, text={"anyOf": [TEXT, {"type": "null"}]})
    assert problem_of_schema(tree) is None
    assert problem_of_schema(nested(10)) is None
