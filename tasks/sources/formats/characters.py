"""Characters that must not reach a record: NUL and lone surrogates become U+FFFD, and are counted."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

REPLACEMENT = "\ufffd"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
ESCAPED_UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def replace_unstorable(text: str, count: Callable[[int], None]) -> str:
    """The text without NUL and lone surrogates; `count` is told how many were replaced."""
    if text.isascii() and "\0" not in text:
        return text
    clean, replaced = UNSTORABLE.subn(REPLACEMENT, text)
    if replaced:
        count(replaced)
    return clean


def replace_within(value: object, count: Callable[[int], None]) -> object:
    """The same for every text and key inside a value of lists and mappings."""
    if isinstance(value, str):
        return replace_unstorable(value, count)
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {replace_within(key, count): replace_within(inner, count) for key, inner in items}
    if isinstance(value, list | tuple):
        return [replace_within(inner, count) for inner in cast("Sequence[object]", value)]
    return value
