"""JSON that may stand inside a <script> element: whatever the texts hold, they cannot leave it."""

import math
from typing import cast

import orjson
from pydantic import JsonValue

ESCAPES = {
    b"<": b"\\u003c",
    b">": b"\\u003e",
    b"&": b"\\u0026",
    b"\xe2\x80\xa8": b"\\u2028",
    b"\xe2\x80\xa9": b"\\u2029",
}
LARGEST_INTEGER = 2**53


def script_json(value: JsonValue) -> bytes:
    """Encode as UTF-8 JSON without <, >, & or a line separator; what JSON cannot hold is replaced, never refused."""
    try:
        encoded = orjson.dumps(value)
    except orjson.JSONEncodeError:
        encoded = orjson.dumps(_encodable(value))
    for character, escape in ESCAPES.items():
        encoded = encoded.replace(character, escape)
    return encoded


def _encodable(value: JsonValue) -> JsonValue:
    """The same value with lone surrogates replaced and integers beyond JavaScript's as text."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {cast(str, _encodable(key)): _encodable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
