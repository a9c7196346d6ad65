"""Check `unanswered`: the data ends before the bot has answered."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Message, Thread
from tasks.evaluators.rules.base import Finding, Kind, quoted
from tasks.evaluators.rules.text import is_assent, is_farewell

_HANDOVER = re.compile(
    r"transfer|hand_?(?:off|over)|escalat|human|end_|hang_?up|close_|finish|done|complete|submit", re.IGNORECASE
)


class Unanswered:
    """The last message is a user's that asks for an answer, or a tool's result nobody reported."""

    name: ClassVar[str] = "unanswered"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = frozenset({"incomplete"})

    def find(self, thread: Thread) -> Iterable[Finding]:
        """At most one finding; thanks and farewells need no answer, and without any reply nothing can be told."""
        if not any(message.role == "assistant" for message in thread.messages):
            return
        index, last = len(thread.messages) - 1, thread.messages[-1]
        if last.role == "user" and _asks(last.text, thread.messages[:-1]):
            reasoning = "The data ends with a message of the user that nobody answered."
        elif _hands_over(thread.messages[-4:]):
            return
        elif last.role == "tool" or (last.role == "assistant" and last.tool_calls and not last.text.strip()):
            reasoning = "The data ends in the middle of a tool call."
        else:
            return
        evidence = (quoted(thread, index, last.text),) if last.text.strip() else ()
        yield Finding(check=self.name, index=index, kind="incomplete", reasoning=reasoning, evidence=evidence)


def _hands_over(messages: tuple[Message, ...]) -> bool:
    return any(_HANDOVER.search(call.name) for message in messages for call in message.tool_calls)


def _asks(text: str, before: tuple[Message, ...]) -> bool:
    if not text.strip() or is_farewell(text):
        return False
    if not is_assent(text):
        return True
    said = next((message.text for message in reversed(before) if message.role == "assistant"), "").lower()
    return said.rstrip().endswith("?") and not any(
        words in said for words in ("anything else", "else i can", "something else", "any other", "further")
    )
