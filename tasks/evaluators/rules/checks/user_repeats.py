"""Check `user_repeats`: the user has to say the same thing again."""

import re
from collections import deque
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.evidence import fold
from tasks.evaluators.rules.base import FRICTION, Finding, Kind, quoted
from tasks.evaluators.rules.text import is_assent, is_farewell

FEWEST_WORDS = 4  # of a question; a statement needs one more
SCANNED = 4_000
REMEMBERED = 2
ALIKE = 0.85

_WISH = re.compile(
    r"\?|\b(?:please|want|need|can|could|would|tell|give|show|find|book|cancel|send|where|when|how|what|why|who"
    r"|which|my|not|no)\b"
)
_NEXT_ONE = re.compile(r"\b(?:other|others|another|else|next|more|again|how are you|nice to|hello|welcome)\b")


class UserRepeats:
    """A user message that says (nearly) the same words as an earlier one, which the bot had replied to."""

    name: ClassVar[str] = "user_repeats"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = FRICTION

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per repetition, compared with the last few user messages."""
        earlier: deque[tuple[int, tuple[str, ...], frozenset[str]]] = deque(maxlen=REMEMBERED)
        replied = -1
        for index, message in enumerate(thread.messages):
            if message.role == "assistant" and message.text.strip():
                replied = index
            if message.role != "user" or not _asks(message.text):
                continue
            words = tuple(word.strip(".,!?;:\"'()") for word in fold(message.text[:SCANNED]).split())
            if len(words) < FEWEST_WORDS + ("?" not in message.text[:SCANNED]):
                continue
            bag = frozenset(words)
            before = next(
                (at for at, said, said_bag in reversed(earlier) if at < replied and _alike(words, bag, said, said_bag)),
                None,
            )
            earlier.append((index, words, bag))
            if before is not None:
                yield Finding(
                    check=self.name,
                    index=index,
                    kind="friction",
                    cause="bot",
                    reasoning=f"The user says again what message {before} said.",
                    evidence=(
                        quoted(thread, before, thread.messages[before].text),
                        quoted(thread, index, message.text),
                    ),
                )


def _asks(text: str) -> bool:
    """True for a question or a wish that can be answered once and for all; 'show me others' can be said again."""
    lowered = text[:SCANNED].lower()
    return (
        not is_farewell(text) and not is_assent(text) and bool(_WISH.search(lowered)) and not _NEXT_ONE.search(lowered)
    )


def _alike(words: tuple[str, ...], bag: frozenset[str], said: tuple[str, ...], said_bag: frozenset[str]) -> bool:
    if words == said:
        return True
    if any(char.isdigit() for word in bag ^ said_bag for char in word) or len(words) < 2 * FEWEST_WORDS:
        return False
    return len(bag & said_bag) >= ALIKE * len(bag | said_bag)
