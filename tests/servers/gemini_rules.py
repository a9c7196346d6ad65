"""What generateContent refuses about the body of a request: the SDK's own request types, and published constraints
(https://ai.google.dev/api/generate-content, 2026-11)."""

import re
from functools import lru_cache
from typing import Any

from tests.servers.base import Body
from tests.servers.gemini_schema import problem_of_schema
from tests.servers.sdk_types import is_list, is_object, problem_of

CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
UNKNOWN_FIELD = re.compile(r"(?:(.*)\.)?([^.]+): unknown field")
AS_IT_IS = {"response_json_schema", "part_metadata", "args", "response", "labels"}  # keys in there are the user's
DATA = {"text", "inline_data", "file_data", "function_call", "function_response"}
HOTTEST, MOST_SEED = 2, 2**31


def snake_case(body: Body) -> Body:
    """A body with its fields named as in the SDK's types; the API itself takes both spellings."""
    return {snake(name): value if snake(name) in AS_IT_IS else renamed(value) for name, value in body.items()}


def renamed(value: object) -> object:
    """A part of a body, its fields renamed."""
    if is_list(value):
        return [renamed(part) for part in value]
    return snake_case(value) if is_object(value) else value


def snake(name: str) -> str:
    """`aName` as `a_name`."""
    return CAPITAL.sub(lambda found: f"_{found[1].lower()}", name)


@lru_cache
def fields() -> dict[str, Any]:
    """The fields of a request, by the SDK's types; the SDK has none for the whole of it."""
    from google.genai import types

    return {
        "contents": list[types.ContentDict],
        "system_instruction": types.ContentDict,
        "generation_config": types.GenerationConfigDict,
        "safety_settings": list[types.SafetySettingDict],
        "tools": list[types.ToolDict],
        "tool_config": types.ToolConfigDict,
        "cached_content": str,
        "service_tier": str,
        "store": bool,
    }


def problem_of_body(body: Body) -> str | None:
    """The first thing that is refused; None where the request is taken."""
    asked = snake_case(body)
    for name, value in asked.items():
        if name not in fields():
            return f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
        if problem := problem_of(value, fields()[name], name):
            return invalid_payload(problem)
    problem = problem_of_contents(asked.get("contents", []))
    return problem or problem_of_config(asked.get("generation_config", {}))


def invalid_payload(problem: str) -> str:
    """The API's words for what does not fit its types."""
    if found := UNKNOWN_FIELD.fullmatch(problem):
        return f"Invalid JSON payload received. Unknown name \"{found[2]}\" at '{found[1]}': Cannot find field."
    return f"Invalid value at {problem}"


def problem_of_contents(contents: list[Body]) -> str | None:
    """What is wrong with the turns."""
    if not contents:
        return "* GenerateContentRequest.contents: contents is not specified"
    for number, content in enumerate(contents):
        where = f"* GenerateContentRequest.contents[{number}]"
        if content.get("role", "user") not in ("user", "model"):
            return "Please use a valid role: user, model."
        if not content.get("parts"):
            return f"{where}.parts: contents.parts must not be empty."
        for part in content["parts"]:
            if len(part.keys() & DATA) != 1:
                return f"{where}.parts[0].data: required oneof field 'data' must have one initialized field"
            if "file_data" in part and not part["file_data"].get("file_uri", "").startswith(("https://", "gs://")):
                return "Invalid or unsupported file uri"
    return "Requests ending with a model turn are not supported." if contents[-1].get("role") == "model" else None


def problem_of_config(config: Body) -> str | None:
    """What is wrong with the parameters."""
    if not 0 <= config.get("temperature", 0) <= HOTTEST:
        return f"temperature must be in the range [0, {HOTTEST}]"
    if config.get("max_output_tokens", 1) < 1:
        return "max_output_tokens must be positive"
    if not -MOST_SEED <= config.get("seed", 0) < MOST_SEED:
        return "Invalid value at 'generation_config.seed' (TYPE_INT32)"
    schema = config.get("response_json_schema")
    if schema is None:
        return None
    if config.get("response_mime_type") != "application/json":
        return "responseJsonSchema is only supported with the response mime type application/json"
    return problem_of_schema(schema)
