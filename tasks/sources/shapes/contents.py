"""What a message holds besides plain text: typed content, tool calls, several intents in one cell."""

import re
from collections.abc import Mapping, Sequence
from typing import cast

import orjson
from pydantic import JsonValue

from tasks.sources.shapes.values import is_missing, read_text, to_json

INTENT_SEPARATOR = re.compile(r"<div>|[|;]", re.IGNORECASE)
Object = Mapping[str, object]


def parse_if_json(value: object) -> object:
    """A text that holds a JSON list or object, parsed; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return cast("object", orjson.loads(value))
        except orjson.JSONDecodeError:
            return value
    return value


def read_content(content: Sequence[object], message: dict[str, object]) -> None:
    """Put typed content into a message: texts joined by a line break, tool calls, images; the rest into metadata.

    Args:
        content: Parts as OpenAI, Anthropic and Gemini write them, or plain texts.
        message: The fields of a message; changed.
    """
    texts: list[str] = []
    rest: list[JsonValue] = []
    for part in content:
        if not isinstance(part, Mapping):
            texts.append(read_text(part))
            continue
        part = cast("Object", part)
        kind = str(part.get("type", "text"))
        if "image" in kind:
            message["has_image"] = True
        elif kind == "tool_use":
            calls = cast("tuple[object, ...]", message.get("tool_calls", ()))
            message["tool_calls"] = (*calls, read_tool_call(part))
        elif kind == "tool_result":
            message["role"] = "tool"
            message["tool_call_id"] = None if part.get("tool_use_id") is None else str(part["tool_use_id"])
            texts.append(_inner_text(part.get("content")))
        elif (text := part.get("text", part.get("value"))) is not None:
            texts.append(_inner_text(text))
        else:
            rest.append(to_json(part))
    message["text"] = "\n".join(texts)
    if rest:
        cast("dict[str, object]", message.setdefault("metadata", {}))["content"] = rest


def _inner_text(value: object) -> str:
    """Text that may itself be an object {"value": ...} or a list of parts."""
    if isinstance(value, Mapping):
        value = cast("Object", value).get("value", cast("Object", value))
    if isinstance(value, list):
        inner: dict[str, object] = {}
        read_content(cast("list[object]", value), inner)
        return str(inner["text"])
    return read_text(value)


def read_tool_calls(value: object) -> tuple[dict[str, object], ...]:
    """The calls of an assistant message, from a list or its JSON text."""
    value = parse_if_json(value)
    if is_missing(value):
        return ()
    calls = cast("list[object]", value) if isinstance(value, list) else [value]
    return tuple(read_tool_call(call) for call in calls)


def read_tool_call(call: object) -> dict[str, object]:
    """One call as OpenAI ({id, function: {name, arguments}}), Anthropic ({id, name, input}) and ShareGPT write it."""
    if not isinstance(call, Mapping):
        return {"name": read_text(call)}
    call = cast("Object", call)
    function = call.get("function")
    inner = cast("Object", function) if isinstance(function, Mapping) else call
    arguments = next(
        (inner[key] for key in ("arguments", "input", "args", "parameters", "kwargs") if key in inner), None
    )
    name = inner.get("name") or (function if isinstance(function, str) else None)
    return {
        "id": None if call.get("id") is None else str(call["id"]),
        "name": read_text(name),
        "arguments": to_json(parse_if_json(arguments)),
    }


def read_intents(value: object, separator: str | None = None) -> tuple[str, ...]:
    """The intents in a cell: a list, a JSON list, or texts joined by `<div>`, `|` or `;` or by the separator named."""
    if isinstance(value, str):
        if not value.lstrip().startswith("["):
            parts = value.split(separator) if separator else INTENT_SEPARATOR.split(value)
            return tuple(dict.fromkeys(part.strip() for part in parts if not is_missing(part)))
        value = parse_if_json(value)
    if is_missing(value):
        return ()
    names = (
        [_intent_name(one) for one in cast("list[object]", value)] if isinstance(value, list) else [read_text(value)]
    )
    return tuple(dict.fromkeys(name.strip() for name in names if not is_missing(name)))


def _intent_name(value: object) -> str:
    if isinstance(value, Mapping):
        known = cast("Object", value)
        value = next((known[key] for key in ("name", "intent", "label") if key in known), known)
    return read_text(value)
