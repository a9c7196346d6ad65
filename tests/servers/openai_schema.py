"""What strict mode refuses about a schema (https://platform.openai.com/docs/guides/structured-outputs, 2026-11)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

Schema = dict[str, Any]

KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const"),
    *("$ref", "$defs", "definitions", "title", "description", "pattern", "format"),
    *("multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "minItems", "maxItems"),
}
MOST_PROPERTIES, MOST_LEVELS, MOST_ENUM_VALUES, MOST_CHARACTERS = 5000, 10, 1000, 120_000


def problem_of_schema(schema: Schema) -> str | None:
    """The first thing that strict mode refuses; None where it takes the schema."""
    return remembered_problem(orjson.dumps(schema))


@lru_cache
def remembered_problem(serialised: bytes) -> str | None:
    """The problem of a schema; the same few are sent again and again."""
    root: Schema = orjson.loads(serialised)
    if root.get("type") != "object" or "anyOf" in root:
        return "Invalid schema: schema must be a JSON Schema of 'type: \"object\"'"
    parts = list(parts_of(root))
    if problem := next(filter(None, map(problem_of_part, parts)), None):
        return f"Invalid schema: {problem}"
    return problem_of_size(root, parts)


def parts_of(schema: Schema) -> Iterator[Schema]:
    """A schema and every schema in it."""
    yield schema
    inner = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    for name in ("properties", "$defs", "definitions"):
        inner += schema.get(name, {}).values()
    for part in inner:
        yield from parts_of(part)


def problem_of_part(part: Schema) -> str | None:
    """What is wrong with one schema, those in it left out."""
    if unknown := sorted(part.keys() - KEYWORDS):
        return f"{unknown[0]!r} is not permitted"
    if "$ref" in part and len(part) > 1:
        return f"$ref cannot have keywords {sorted(part.keys() - {'$ref'})}"
    if not part.keys() & {"type", "anyOf", "$ref", "enum", "const"}:
        return "schema must have a 'type' key"
    if part.get("type") == "array" and "items" not in part:
        return "array schema missing items"
    if part.get("type") == "object":
        if part.get("additionalProperties") is not False:
            return "'additionalProperties' is required to be supplied and to be false"
        if set(part.get("required", [])) != set(part.get("properties", {})):
            return "'required' is required to be supplied and to be an array including every key in properties"
    return None


def problem_of_size(root: Schema, parts: list[Schema]) -> str | None:
    """What is too much in a schema."""
    if (levels := depth_of(root, root)) > MOST_LEVELS:
        return f"{levels} levels of nesting exceeds limit of {MOST_LEVELS}"
    names = [name for part in parts for name in part.get("properties", {})]
    values = [str(value) for part in parts for value in part.get("enum", [])]
    if len(names) > MOST_PROPERTIES:
        return f"{len(names)} properties exceeds limit of {MOST_PROPERTIES}"
    if len(values) > MOST_ENUM_VALUES:
        return f"{len(values)} enum values exceeds limit of {MOST_ENUM_VALUES}"
    if sum(map(len, names + values)) > MOST_CHARACTERS:
        return f"the names and enum values exceed {MOST_CHARACTERS} characters"
    return None


def depth_of(schema: Schema, root: Schema, above: tuple[str, ...] = ()) -> int:
    """How many objects lie in each other; one that refers to itself counts once."""
    if reference := schema.get("$ref"):
        if reference in above:
            return 0
        target: Schema = root
        for step in reference.removeprefix("#").strip("/").split("/"):
            target = target[step] if step else target
        return depth_of(target, root, (*above, reference))
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema["items"]] if "items" in schema else []
    deepest = max((depth_of(part, root, above) for part in inner), default=0)
    return deepest + (schema.get("type") == "object")
