"""A JSON schema as Gemini takes it."""

from typing import Any, Literal

import orjson
import pytest
from pydantic import BaseModel, ConfigDict, Field

from tasks.providers.gemini_api.schema import accepted_schema
from tests.servers.gemini_schema import problem_of_schema


class Quote(BaseModel):
    """What was said."""

    default: str = Field(max_length=9, pattern="^a")
    kind: Literal["quote"] = "quote"
    within: "Quote | None" = None


class Judged(BaseModel):
    """A verdict with everything pydantic writes into a schema."""

    model_config = ConfigDict(extra="forbid")

    first: Quote = Field(description="The first one.")
    others: dict[str, Quote]
    pair: tuple[int, Literal["a", "b"]]
    score: float | None = Field(gt=0, le=10)


def test_every_schema_of_pydantic_becomes_one_that_the_api_takes() -> None:
    schema = Judged.model_json_schema()
    assert problem_of_schema(schema) is not None
    assert problem_of_schema(accepted_schema(orjson.dumps(schema))) is None


@pytest.mark.parametrize(
    ("schema", "accepted"),
    [
        ({"const": "a", "type": "string"}, {"type": "string", "enum": ["a"]}),
        ({"const": True, "type": "boolean"}, {"type": "boolean"}),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 9}, {"type": "number", "maximum": 9}),
        ({"$ref": "#/$defs/A", "description": "One.", "default": None}, {"$ref": "#/$defs/A"}),
        (
            {"type": "object", "properties": {"pattern": {"type": "string", "pattern": "a"}}},
            {"type": "object", "properties": {"pattern": {"type": "string"}}},
        ),
        (
            {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
            {"type": "object", "additionalProperties": {"type": "string"}},
        ),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
    ],
)
def test_what_the_api_does_not_know_is_left_out(schema: dict[str, Any], accepted: dict[str, Any]) -> None:
    assert accepted_schema(orjson.dumps(schema)) == accepted
