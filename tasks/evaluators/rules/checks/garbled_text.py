"""Check `garbled_text`: characters that a wrong encoding has spoilt."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.text import prose, replies, user_words

# UTF-8 read as Windows-1252 or Latin-1: a lead byte shown as a letter, then a continuation byte shown as a sign.
_CONTINUATION = (
    "\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178"
)
_MISREAD = re.compile(
    f"\u00c3[{_CONTINUATION}]|\u00e2\u20ac[{_CONTINUATION}]|\u00f0\u0178[{_CONTINUATION}]|\u00c2[\u00a0-\u00bf]|\ufffd"
)
AROUND = 30


class GarbledText:
    """Text that was decoded wrongly (UTF-8 read as Windows-1252) or holds replacement characters."""

    name: ClassVar[str] = "garbled_text"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply; where the user's text is garbled as well the data is at fault, not the bot."""
        for index, message in replies(thread):
            if message.text.isascii():
                continue
            text = prose(message.text)
            hit = _MISREAD.search(text)
            if hit is None or _MISREAD.search(
                user_words(thread, index).replace("\u00e3", "\u00c3").replace("\u00e2", "\u00c2")
            ):
                continue
            yield Finding(
                check=self.name,
                index=index,
                kind="correctness",
                verdict="SOFT FAIL",
                reasoning=f"Characters are garbled by a wrong encoding: {hit.group()!r}.",
                evidence=(quoted(thread, index, text[max(0, hit.start() - AROUND) : hit.end() + AROUND]),),
            )
