"""What structured output refuses about a schema
(https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations, 2026-11)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

Schema = dict[str, Any]

KEYWORDS = {
    *("type", "title", "description", "default", "enum", "const", "anyOf", "allOf", "$ref", "$defs", "definitions"),
}
KEYWORDS_OF_TYPE = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems"},
    "string": {"format", "pattern"},
}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
MOST_OPTIONAL, MOST_UNIONS = 24, 16


def problem_of_schema(schema: Schema) -> str | None:
    """The first thing that is refused; None where the schema is taken."""
    return remembered_problem(orjson.dumps(schema))


@lru_cache
def remembered_problem(serialised: bytes) -> str | None:
    """The problem of a schema; the same few are sent again and again."""
    root: Schema = orjson.loads(serialised)
    parts = list(parts_of(root))
    problem = next(filter(None, map(problem_of_part, parts)), None) or problem_of_references(root)
    return problem or problem_of_size(parts)


def parts_of(schema: Schema) -> Iterator[Schema]:
    """A schema and every schema in it."""
    yield schema
    for part in [*inner(schema), *schema.get("$defs", {}).values(), *schema.get("definitions", {}).values()]:
        yield from parts_of(part)


def inner(schema: Schema) -> list[Schema]:
    """The schemas that a value of this schema is made of."""
    items = [schema["items"]] if "items" in schema else []
    return [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("allOf", []), *items]


def problem_of_part(part: Schema) -> str | None:
    """What is wrong with one schema, those in it left out."""
    kind: str = part.get("type", "")
    if unknown := sorted(part.keys() - KEYWORDS - KEYWORDS_OF_TYPE.get(kind, set())):
        return f"For {kind!r} type, property {unknown[0]!r} is not supported"
    if not part.keys() & {"type", "anyOf", "allOf", "$ref", "enum", "const"}:
        return "Schema type is missing"
    if kind == "object" and part.get("additionalProperties") is not False:
        return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    if part.get("minItems", 0) not in (0, 1):
        return "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
    if part.get("format", "date") not in FORMATS:
        return f"For 'string' type, format {part['format']!r} is not supported"
    if any(isinstance(value, dict | list) for value in part.get("enum", [])):
        return "'enum' values must be strings, numbers, booleans or null"
    return None


def problem_of_references(root: Schema) -> str | None:
    """A reference that leads nowhere, or to itself."""

    def follow(schema: Schema, above: tuple[str, ...]) -> str | None:
        reference: str | None = schema.get("$ref")
        if reference is None:
            return next(filter(None, (follow(part, above) for part in inner(schema))), None)
        if reference in above:
            return f"Circular reference detected: {reference}"
        target = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"))
        return f"External reference: {reference}" if target is None else follow(target, (*above, reference))

    return follow(root, ())


def problem_of_size(parts: list[Schema]) -> str | None:
    """What is too much in a schema."""
    optional = sum(len(part.get("properties", {})) - len(part.get("required", [])) for part in parts)
    unions = sum("anyOf" in part or isinstance(part.get("type"), list) for part in parts)
    if optional > MOST_OPTIONAL:
        return f"Schemas contains too many optional parameters ({optional}), limit is {MOST_OPTIONAL}"
    if unions > MOST_UNIONS:
        return f"Schemas contains too many parameters with union types ({unions}), limit is {MOST_UNIONS}"
    return None
