"""What generateContent refuses about the answer's schema
(https://ai.google.dev/api/generate-content#GenerationConfig, responseJsonSchema, 2026-11)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

Schema = dict[str, Any]

ABOUT_ALL = {"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "anyOf", "oneOf"}
ABOUT_OBJECTS = {"properties", "additionalProperties", "required", "propertyOrdering"}
ABOUT_ARRAYS, ABOUT_NUMBERS = {"items", "prefixItems", "minItems", "maxItems"}, {"minimum", "maximum"}
KEYWORDS = ABOUT_ALL | ABOUT_OBJECTS | ABOUT_ARRAYS | ABOUT_NUMBERS


def problem_of_schema(schema: Schema) -> str | None:
    """The first thing that is refused; None where the schema is taken."""
    return remembered_problem(orjson.dumps(schema))


@lru_cache
def remembered_problem(serialised: bytes) -> str | None:
    """The problem of a schema; the same few are sent again and again."""
    root: Schema = orjson.loads(serialised)
    problem = next(filter(None, map(problem_of_part, parts_of(root))), None)
    return problem or problem_of_references(root)


def parts_of(schema: Schema) -> Iterator[Schema]:
    """A schema and every schema in it."""
    yield schema
    for part in [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *needed(schema)]:
        yield from parts_of(part)


def needed(schema: Schema) -> list[Schema]:
    """The schemas that each value of this one is held to, properties left out."""
    single = [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]
    return [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("prefixItems", []), *single]


def problem_of_part(part: Schema) -> str | None:
    """What is wrong with one schema, those in it left out."""
    if unknown := sorted(part.keys() - KEYWORDS):
        return f"Unsupported keyword {unknown[0]!r} in response_json_schema"
    beside = sorted(name for name in part if not name.startswith("$"))
    if "$ref" in part and beside:
        return f"{beside[0]!r} must not be set beside '$ref' in response_json_schema"
    if any(isinstance(value, bool) or not isinstance(value, str | int | float) for value in part.get("enum", [])):
        return "enum in response_json_schema must hold strings or numbers"
    return None


def problem_of_references(root: Schema) -> str | None:
    """A reference that leads nowhere, or in a circle through what is required."""

    def follow(schema: Schema, above: tuple[str, ...]) -> str | None:
        reference: str | None = schema.get("$ref")
        if reference in above:
            return f"Cyclic reference {reference!r} in required properties"
        if reference is not None:
            target = root if reference == "#" else root.get("$defs", {}).get(reference.removeprefix("#/$defs/"))
            return f"Reference {reference!r} not found" if target is None else follow(target, (*above, reference))
        required = [part for name, part in schema.get("properties", {}).items() if name in schema.get("required", [])]
        return next(filter(None, (follow(part, above) for part in [*required, *needed(schema)])), None)

    return follow(root, ())
