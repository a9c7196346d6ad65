"""Check `user_repeats`: the user has to say the same thing again."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.evidence import fold
from tasks.evaluators.rules.base import FRICTION, Finding, Kind, quoted
from tasks.evaluators.rules.text import is_assent, is_farewell

FEWEST_WORDS = 4  # of a question; a statement needs one more
SCANNED = 4_000
ALIKE = 0.85

_WISH = re.compile(
    r"\?|\b(?:please|want|need|could|would|tell|give|show|find|book|cancel|send|where|when|how|what|why|who|which)\b"
)
_NEXT_ONE = re.compile(
    r"\b(?:other|others|another|else|next|more|again|alternatives?|different|how are you|nice to|hello|welcome)\b"
    r"|^\W*(?:yes|yeah|ok|okay|sure|sounds|that works|that's)\b"
)


class UserRepeats:
    """A user message that says (nearly) the same words as the one before it, which the bot had replied to."""

    name: ClassVar[str] = "user_repeats"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = FRICTION

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per repetition. What was said in between may have changed what the same words ask for."""
        before, replied = -1, False
        for index, message in enumerate(thread.messages):
            if message.role == "assistant":
                replied = replied or bool(message.text.strip())
            if message.role != "user" or not message.text.strip():
                continue
            if replied and before >= 0 and _says_again(message.text, thread.messages[before].text):
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
            before, replied = index, False


def _says_again(text: str, said: str) -> bool:
    if not _asks(text):
        return False
    words, earlier = _words(text), _words(said)
    if len(words) < FEWEST_WORDS + ("?" not in text[:SCANNED]):
        return False
    return _alike(words, frozenset(words), earlier, frozenset(earlier))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip(".,!?;:\"'()") for word in fold(text[:SCANNED]).split())


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
