"""Check `repeated_reply`: another question, word for word the same reply."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.evidence import fold
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.text import is_assent, is_farewell, last_user_index, replies

SHORTEST = 60
LONGEST = 24_000
CONFIRMING_CHARACTERS = 240

_CONFIRMING = re.compile(
    r"\b(?:confirm|correct|anything else|something else|go ahead|proceed|all right|is that (?:right|ok)"
    r"|help you)\b[^?]{0,80}\?\s*$",
    re.IGNORECASE,
)


class RepeatedReply:
    """A reply of some length that stands word for word earlier in the thread, given there to another message."""

    name: ClassVar[str] = "repeated_reply"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per repetition; the same reply to the same words, to thanks or to a bare yes is none."""
        seen: dict[str, int] = {}
        for index, message in replies(thread):
            if len(message.text) < SHORTEST or _confirms(message.text):
                continue
            folded = fold(message.text[:LONGEST])
            first = seen.setdefault(folded, index)
            if first == index:
                continue
            asked, before = last_user_index(thread, index), last_user_index(thread, first)
            if asked is None or before is None or asked == before or not _is_other(thread, asked, before):
                continue
            yield Finding(
                check=self.name,
                index=index,
                kind="correctness",
                verdict="SOFT FAIL",
                reasoning=f"The same reply was given to another message before (message {first}).",
                evidence=(quoted(thread, first, message.text), quoted(thread, index, message.text)),
            )


def _confirms(text: str) -> bool:
    """True for a short question that may well be asked anew for each thing: 'Shall I go ahead?'."""
    return len(text) <= CONFIRMING_CHARACTERS and bool(_CONFIRMING.search(text))


def _is_other(thread: Thread, asked: int, before: int) -> bool:
    now, then = thread.messages[asked].text[:LONGEST], thread.messages[before].text[:LONGEST]
    return bool(now.strip()) and fold(now) != fold(then) and not is_farewell(now) and not is_assent(now)
