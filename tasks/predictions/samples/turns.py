"""The turns of a conversation as chat templates take them, out of those a data set has."""

import json
from collections.abc import Mapping
from typing import Any, cast

from tasks.predictions.samples.sample import Turn
from tasks.sources.errors import Unfit
from tasks.sources.formats.json_values import parse_json

ROLES = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
}
CALLS = ("function_call", "tool_call")
KEPT = ("name", "tool_call_id", "reasoning_content")
Json = Mapping[str, Any]


def read_turns(value: object, column: str) -> list[Turn]:
    """A list of messages, or one message, or the JSON of either.

    Raises:
        Unfit: It is something else, of an unknown role, or holds what is no text.
    """
    messages = as_messages(value)
    if messages is None:
        raise Unfit("must be a list of messages, each with a role and a content", column, value)
    return [read_turn(message, column) for message in messages]


def as_messages(value: object) -> list[Json] | None:
    """A list of messages, one message, or the JSON of either; None for what is none, as a text."""
    found = from_json(value)
    listed = cast("list[object]", found if isinstance(found, list) else [found])
    messages = [cast("Json", each) for each in listed if isinstance(each, Mapping)]
    is_whole = len(messages) == len(listed) > 0 and all("role" in each or "from" in each for each in messages)
    return messages if is_whole else None


def read_turn(message: Json, column: str) -> Turn:
    """One message: `role` or `from`, `content` or `value`.

    Raises:
        Unfit: Its role is unknown, or its content is no text.
    """
    said = str(message.get("role", message.get("from", ""))).strip().lower()
    if said not in ROLES:
        raise Unfit(f"{said!r} is no role of a message; known are {', '.join(ROLES)}", column, message)
    content = text_of(message.get("content", message.get("value", message.get("text"))), column)
    turn: Turn = {"role": ROLES[said], "content": content or ""}
    calls = from_json(message.get("tool_calls") or message.get("function_call"))  # the latter is OpenAI's older way
    if said in CALLS:
        calls, turn["content"] = from_json(content), ""
    if calls or said in CALLS:
        listed = cast("list[object]", calls if isinstance(calls, list) else [calls])
        turn["tool_calls"] = [_call(call, column) for call in listed]
    return turn | {key: str(message[key]) for key in KEPT if message.get(key) is not None}


def spoken(turn: Turn) -> str:
    """A turn as text: what it says, and each tool call as a line of JSON."""
    calls = cast("list[dict[str, object]]", turn.get("tool_calls") or [])
    lines = [str(turn["content"]), *(json.dumps(call["function"], ensure_ascii=False) for call in calls)]
    return "\n".join(line for line in lines if line)


def text_of(content: object, column: str) -> str | None:
    """A content as text: its parts `{type: text, text or value: ...}` put together.

    Raises:
        Unfit: A part is no text.
    """
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Unfit("a content must be a text, or a list of parts with a type", column, content)
    return "".join(_part(part, column) for part in cast("list[object]", content))


def read_tools(value: object) -> tuple[dict[str, object], ...]:
    """What a model may call, each as `{type: function, function: {name, ...}}`.

    Raises:
        Unfit: It is no list of such.
    """
    found = from_json(value)
    if not found:
        return ()
    listed = cast("list[object]", found if isinstance(found, list) else [found])
    tools = [dict(_mapping(tool)) for tool in listed]
    if not all(tools):
        raise Unfit("must be a list of functions", "tools", value)
    return tuple(tool if "function" in tool else {"type": "function", "function": tool} for tool in tools)


def from_json(value: object) -> object:
    """A text that is a JSON list or object as what it says; a blank text is None; anything else as it is."""
    if not isinstance(value, str):
        return value
    if not value.strip().startswith(("[", "{")):
        return value if value.strip() else None
    try:
        return parse_json(value, lambda _: None)
    except Unfit:
        return value  # a text may begin so too: `[INST] ...`


def _part(part: object, column: str) -> str:
    if isinstance(part, str):
        return part
    fields = _mapping(part)
    text = fields.get("text", fields.get("value", fields.get("content")))
    if fields.get("type", "text") == "text" and isinstance(text, str):
        return text
    raise Unfit(f"holds a part of the type {fields.get('type')!r}: only text can be predicted", column, part)


def _mapping(value: object) -> Json:
    return cast("Json", value) if isinstance(value, Mapping) else {}


def _call(call: object, column: str) -> dict[str, object]:
    fields = _mapping(call)
    named = _mapping(fields.get("function", fields))
    if "name" not in named:
        raise Unfit("a tool call must be JSON with a name and arguments", column, call)
    arguments = from_json(named.get("arguments", named.get("parameters")))
    made: dict[str, object] = {
        "type": "function",
        "function": {"name": str(named["name"]), "arguments": {} if arguments is None else arguments},
    }
    return made | ({"id": str(fields["id"])} if fields.get("id") else {})
