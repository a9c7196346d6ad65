"""Check `looping_reply`: one reply says the same thing over and over."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.text import prose, replies, sentences, user_words

SENTENCE_CHARACTERS = 25
SENTENCE_TIMES = 4
FEWEST_SENTENCES = 10
DISTINCT_SHARE = 0.4
TAIL_WORDS = 240
LONGEST_PERIOD = 16
PERIODS = 6

_LETTERS = re.compile(r"[^\W\d_]{2}.* |[\u3040-\u9fff\uac00-\ud7af]")
_ASKED_FOR = re.compile(
    r"\b(?:repeat|repeats|repeated|times|lyrics|song|poem|verse|chorus|rap|mantra|list|table|rows?|chant|lines?"
    r"|sequence|pattern|translate|csv|data|itinerary|schedule|routine|workout|training|meals?|code|function|html"
    r"|script|program|board|grid|ascii)\b"
)


class LoopingReply:
    """A model caught in a loop: a sentence four times in one reply, or an ending that goes round and round."""

    name: ClassVar[str] = "looping_reply"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply; none where the user asked for verse, a list or repetition."""
        for index, message in replies(thread):
            if len(message.text) < SENTENCE_CHARACTERS * SENTENCE_TIMES:
                continue
            text = prose(message.text)
            looped = _repeated_sentence(text) or _round_ending(text)
            if looped is None or _ASKED_FOR.search(user_words(thread, index)):
                continue
            yield Finding(
                check=self.name,
                index=index,
                kind="correctness",
                verdict="SOFT FAIL",
                reasoning="The reply repeats itself over and over.",
                evidence=(quoted(thread, index, looped),),
            )


def _repeated_sentence(text: str) -> str | None:
    parts = [part for part in sentences(text) if len(part) >= SENTENCE_CHARACTERS and _LETTERS.search(part)]
    if len(parts) < SENTENCE_TIMES:
        return None
    folded = [part.casefold() for part in parts]
    run, longest, where = 1, 1, 0
    for at in range(1, len(folded)):
        run = run + 1 if folded[at] == folded[at - 1] else 1
        longest, where = max((longest, where), (run, at))
    if longest >= SENTENCE_TIMES:
        return parts[where]
    if len(folded) >= FEWEST_SENTENCES and len(set(folded)) <= DISTINCT_SHARE * len(folded):
        return parts[folded.index(Counter(folded).most_common(1)[0][0])]
    return None


def _round_ending(text: str) -> str | None:
    words = text[-TAIL_WORDS * 12 :].split()[-TAIL_WORDS:]
    for period in range(1, LONGEST_PERIOD + 1):
        needed = period * PERIODS
        if len(words) < needed + period:
            return None
        tail = words[-needed - period : -1]  # the last word may be cut off
        cycle = tail[-period:]
        if all(tail[-1 - at] == tail[-1 - at - period] for at in range(needed - 1)) and any(
            char.isalpha() for char in "".join(cycle)
        ):
            return " ".join(cycle * 2)
    return None
