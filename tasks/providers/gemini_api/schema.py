"""A JSON schema as Gemini takes it: the keywords that are documented, everything else left out."""

from functools import lru_cache
from typing import Any, TypeGuard

import orjson

Schema = dict[str, Any]

KEYWORDS = {
    *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems"),
    *("minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required"),
}
"""https://ai.google.dev/api/generate-content#GenerationConfig, responseJsonSchema, 2026-11."""


@lru_cache(maxsize=256)
def accepted_schema(serialised: bytes) -> Schema:
    """The schema without what the API does not know, which the answer is held to when it is parsed."""
    return accepted_part(orjson.loads(serialised))


def accepted_part(schema: Schema) -> Schema:
    """One schema and those in it."""
    if "$ref" in schema:  # nothing may stand beside it that does not start with $
        schema = {name: value for name, value in schema.items() if name.startswith("$")}
    elif isinstance(schema.get("const"), str | int | float) and not isinstance(schema["const"], bool):
        schema = {**schema, "enum": [schema["const"]]}
    return {name: accepted_value(name, value) for name, value in schema.items() if name in KEYWORDS}


def accepted_value(name: str, value: Any) -> Any:  # noqa: ANN401  (JSON)
    """What stands behind a keyword."""
    if name in ("properties", "$defs"):
        return {key: accepted_part(part) for key, part in value.items()}
    if name in ("anyOf", "oneOf", "prefixItems"):
        return [accepted_part(part) for part in value]
    if name in ("items", "additionalProperties") and is_schema(value):
        return accepted_part(value)
    return value


def is_schema(value: object) -> TypeGuard[Schema]:
    """Whether it is an object: `additionalProperties` may be a boolean instead."""
    return isinstance(value, dict)
