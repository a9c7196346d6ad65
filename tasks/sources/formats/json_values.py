"""JSON as real files write it: NaN and Infinity, control characters and lone surrogates in texts."""

import json
from collections.abc import Callable

from tasks.sources.errors import Unfit
from tasks.sources.formats.characters import ESCAPED_UNSTORABLE, replace_within


def _constant(name: str) -> str | None:
    return None if name == "NaN" else name


DECODER = json.JSONDecoder(strict=False, parse_constant=_constant)


def parse_json(text: str, count: Callable[[int], None]) -> object:
    """Read one JSON value; NaN is null, Infinity the text "Infinity", lone surrogates and NUL become U+FFFD.

    Raises:
        Unfit: It is no JSON, or nested too deep.
    """
    try:
        value: object = DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Unfit(f"not valid JSON: {error.msg.removesuffix(' at')} at character {error.pos + 1}") from error
    except (ValueError, RecursionError) as error:
        raise Unfit(f"not usable JSON: {error}") from error
    return replace_within(value, count) if ESCAPED_UNSTORABLE.search(text) else value


def as_record(value: object) -> dict[str, object]:
    """A JSON value as a record: an object as it is; a list of messages as `messages`; [speaker, text] as a message.

    Raises:
        Unfit: It is something else.
    """
    match value:
        case dict():
            return value  # pyright: ignore[reportUnknownVariableType]
        case [str() as speaker, str() as text]:
            return {"role": speaker, "text": text}
        case list():
            return {"messages": value}
        case _:
            raise Unfit(f"not a record but a {type(value).__name__}; give objects, or lists of messages")
