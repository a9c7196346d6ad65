"""Single values as they stand in cells and keys, read into what a record holds."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import cast
from uuid import UUID

import orjson
from pydantic import JsonValue

from tasks.sources.errors import Unfit

LONGEST_ID = 512
NESTED = (Mapping, list, bytes)
DEEPEST = 60
WIDEST_INTEGER = 1 << 63
TRUE = frozenset({"true", "1", "yes", "y", "t", "success", "successful", "succeeded", "resolved", "passed", "pass"})
FALSE = frozenset({"false", "0", "no", "n", "f", "failure", "failed", "unsuccessful", "unresolved", "fail"})
MISSING = frozenset({"", "nan", "null", "nat", "n/a"})
LONGEST_MISSING = 8


def is_missing(value: object) -> bool:
    """True for what says "nothing here" in a cell that is no text: blank, null, NaN."""
    if isinstance(value, str):
        return value.strip().casefold() in MISSING if len(value) < LONGEST_MISSING else value.isspace()
    return value is None or (isinstance(value, float) and math.isnan(value))


def read_id(value: object, column: str) -> str | None:
    """An identifier as text; None where it is blank.

    Raises:
        Unfit: It is a list or object, or longer than 512 characters.
    """
    if isinstance(value, str) and len(value) <= LONGEST_ID:
        return value.strip() or None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, NESTED):
        raise Unfit("not an id but a nested value", column, cast("object", value))
    text = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
    if len(text) > LONGEST_ID:
        raise Unfit(f"longer than {LONGEST_ID} characters, so no id; is this the right column?", column, value)
    return text or None


def read_number(value: object, column: str) -> float:
    """A place in the order: a number, whole or not.

    Raises:
        Unfit: It is no finite number.
    """
    try:
        number = float(cast("str", value)) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise Unfit("not a number to order messages by", column, value)
    return number


def read_flag(value: object, column: str) -> bool | None:
    """True or false in the usual words and numbers; None where it is missing.

    Raises:
        Unfit: It is neither.
    """
    if is_missing(value):
        return None
    word = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip().casefold()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise Unfit("neither true nor false", column, value)


def read_text(value: object) -> str:
    """A message's text: as it stands, also "null" and "NaN"; null is empty; numbers and objects are written as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(to_json(value)).decode()


def read_word(value: object) -> str | None:
    """A short text such as a title or query type; None where it is missing."""
    return None if is_missing(value) else read_text(value).strip()


def to_json(value: object, depth: int = 0) -> JsonValue:
    """A value as JSON: times in ISO 8601, decimals as text, whole numbers beyond 64 bits as text.

    Raises:
        Unfit: It is nested too deep.
    """
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if -WIDEST_INTEGER <= value < WIDEST_INTEGER else str(value)
        case float():
            return value if math.isfinite(value) else None if math.isnan(value) else str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case bytes():
            return value.decode(errors="replace").replace("\0", "\ufffd")
        case Mapping() | list() | tuple():
            return _nested_to_json(cast("Mapping[object, object] | Sequence[object]", value), depth)
        case _:
            return str(value)


def _nested_to_json(value: Mapping[object, object] | Sequence[object], depth: int) -> JsonValue:
    if depth > DEEPEST:
        raise Unfit(f"nested more than {DEEPEST} levels deep")
    if isinstance(value, Mapping):
        return {str(key): to_json(inner, depth + 1) for key, inner in value.items()}
    return [to_json(inner, depth + 1) for inner in value]
