"""Text from elsewhere made fit for a row: Postgres holds neither NUL nor lone surrogates."""

import re

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with each NUL and lone surrogate replaced by U+FFFD."""
    return UNSTORABLE.sub("\ufffd", text)
