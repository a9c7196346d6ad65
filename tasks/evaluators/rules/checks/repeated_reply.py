"""Check `repeated_reply`: another question, word for word the same reply."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.evidence import fold
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.text import is_assent, is_farewell, last_user_index, replies

SHORTEST = 80
LONGEST = 24_000
CONFIRMING_CHARACTERS = 240
QUESTION_CHARACTERS = 2_000
ALIKE = 0.34

_SAY_AGAIN = re.compile(
    r"\b(?:what (?:did |do )?you (?:just )?(?:say|said|mean)|repeat|re ?-? ?phrase|say (?:that|it) again|understand"
    r"|(?:what|how) about|pardon)\b"
)
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_CONFIRMING = re.compile(
    r"\b(?:confirm|correct|anything else|something else|go ahead|proceed|all right|is that (?:right|ok)"
    r"|help you)\b[^?]{0,80}\?\s*$",
    re.IGNORECASE,
)


class RepeatedReply:
    """A reply of some length that says word for word what the reply before it said, to another message."""

    name: ClassVar[str] = "repeated_reply"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per repetition of the reply before it, where the user has said something else in between."""
        said, first = "", -1
        for index, message in replies(thread):
            folded = fold(message.text[:LONGEST])
            if folded != said:
                said, first = folded, index
                continue
            asked, before = last_user_index(thread, index), last_user_index(thread, first)
            if len(folded) < SHORTEST or _confirms(message.text) or asked is None or before is None:
                continue
            if asked > first and _is_other(thread, asked, before):
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
    """True when a message wants something else than the earlier one: neither its words nor its matter are the same."""
    now, then = thread.messages[asked].text[:LONGEST], thread.messages[before].text[:LONGEST]
    if _SAY_AGAIN.search(now[:QUESTION_CHARACTERS].lower()) or not _LONG_WORD.search(now[:QUESTION_CHARACTERS].lower()):
        return False
    if fold(now) == fold(then) or is_farewell(now) or is_assent(now):
        return False
    matter, earlier = _matter(now), _matter(then)
    return len(matter & earlier) < ALIKE * max(1, min(len(matter), len(earlier)))


def _matter(text: str) -> frozenset[str]:
    """The words of a message that carry its matter: those of four letters and more."""
    return frozenset(_LONG_WORD.findall(text[:QUESTION_CHARACTERS].lower()))
