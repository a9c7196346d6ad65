"""Whether a value is a list of messages: objects with a speaker and a text, or [speaker, text] pairs."""

from collections.abc import Sequence
from typing import cast

from tasks.sources.shapes.aliases import ROLE, ROLE_BY_WORD, TEXT, TOOL_CALLS, normalise, ranks

LOOKED_AT = 5


def is_conversation(value: object) -> bool:
    """True when the first elements all look like messages."""
    if not isinstance(value, list) or not value:
        return False
    return all(is_message(element) for element in cast("Sequence[object]", value)[:LOOKED_AT])


def is_message(element: object) -> bool:
    """True for an object with a speaker and a text (or tool calls), and for a pair of a known speaker and a text."""
    if isinstance(element, dict):
        keys = {normalise(key): value for key, value in cast("dict[str, object]", element).items()}
        speaks = any(isinstance(keys.get(key), str) for key in ranks(ROLE))
        return speaks and (not ranks(TEXT).keys().isdisjoint(keys) or normalise(TOOL_CALLS) in keys)
    match element:
        case [str() as speaker, str()]:
            return normalise(speaker) in ROLE_BY_WORD
        case _:
            return False
