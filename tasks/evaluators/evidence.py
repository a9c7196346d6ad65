"""Evidence: whether a quotation really stands in the message it is said to come from."""

import unicodedata

from storage.records import Thread
from tasks.evaluators.base import Evidence

_QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`\uff07"), "'") | dict.fromkeys(
    map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02"), '"'
)
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_INVISIBLE: dict[int, str] = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"), "")
_FOLDED = _QUOTES | _DASHES | _INVISIBLE | {ord("\u2026"): "..."}
_OMISSION = "..."


def fold(text: str) -> str:
    """Text with letter case, white space, typographic quotes and dashes, and invisible characters made alike."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_FOLDED)
    return " ".join(text.replace("`", "'").casefold().split())


def locate(thread: Thread, index: int, quote: str) -> Evidence:
    """Check a quotation against the message it is said to come from.

    White space, letter case, typographic quotes and dashes do not count, nor do dots of omission at either end.
    A blank quotation, or one from a message that does not exist, is not found.
    """
    found = False
    if 0 <= index < len(thread.messages):
        wanted = fold(quote)
        text = fold(thread.messages[index].text)
        found = bool(wanted) and (wanted in text or _without_omission(wanted) in text)
    return Evidence(index=index, quote=quote, found=found)


def _without_omission(folded: str) -> str:
    """The quotation without leading and trailing dots of omission; itself where nothing else is left."""
    bare = folded.strip(" .")
    start = folded.index(bare) if bare else 0
    before, after = folded[:start], folded[start + len(bare) :]
    kept = ("" if _OMISSION in before else before) + bare + ("" if _OMISSION in after else after)
    return kept.strip() or folded
