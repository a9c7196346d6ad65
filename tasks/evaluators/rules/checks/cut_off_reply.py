"""Check `cut_off_reply`: a reply that stops in the middle."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Message, Thread
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.text import TAIL_CHARACTERS, replies, user_words

LIMIT_REASONS = frozenset(
    {"length", "max_tokens", "max_output_tokens", "MAX_TOKENS", "model_length", "content_truncated"}
)
SHORTEST = 40
LONG_REPLY = 300  # a comma at the end of a short reply is a slip of the keyboard

_HANGING_WORD = re.compile(
    r"(?:[a-z,]\s)(?:the|a|an|and|or|but|because|your|my|our|their|every|whose|than|into|although|unless|whereas"
    r"|such as|e\.g\.|i\.e\.|due to|as well as)\s*$"
)
_HANGING_SIGN = re.compile(r"[A-Za-z] ?\($|\n\s*[-*\u2022]$")
_HANGING_COMMA = re.compile(r"[A-Za-z]{2},$")
_HANGING_NUMBER = re.compile(r"\n\s{0,8}(\d{1,2})[.)]$")
_GREETING = re.compile(r"(?:^|\n)[^\n.!?]{0,40},$")
_CODE_LINE = re.compile(r"^(?: {4}|\t)|^\s*(?:return|print|import|def|var|let|const)\b|[=;{}]")
_CONTINUED = re.compile(
    r"\b(?:complete|continue|finish|sentence|next word|letter|e-?mail|sign|poem|song|lyrics|title|code|python"
    r"|phrase|autocomplete|fill|ascii|draw)\b"
)


class CutOffReply:
    """A reply that the provider says was cut by its limit, or that ends on a word or sign nothing can end on."""

    name: ClassVar[str] = "cut_off_reply"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply that is the last of its turn."""
        for index, message in replies(thread):
            following = thread.messages[index + 1] if index + 1 < len(thread.messages) else None
            if following is not None and following.role in ("assistant", "tool"):
                continue
            reason = _reason(message)
            if reason is None or (reason != _BY_LIMIT and _CONTINUED.search(user_words(thread, index))):
                continue
            yield Finding(
                check=self.name,
                index=index,
                kind="correctness",
                verdict="SOFT FAIL",
                reasoning=reason,
                evidence=(quoted(thread, index, _last_words(message.text)),),
            )


_BY_LIMIT = "The reply was cut off by the length limit (finish reason in the data)."


def _reason(message: Message) -> str | None:
    if any(str(message.metadata.get(key)) in LIMIT_REASONS for key in ("finish_reason", "stop_reason")):
        return _BY_LIMIT
    tail = message.text[-TAIL_CHARACTERS:].rstrip()
    if len(tail) < SHORTEST or message.tool_calls:
        return None
    if _HANGING_WORD.search(tail[-60:]) and not _CODE_LINE.search(tail.rpartition("\n")[2]):
        return f"The reply stops in the middle of a sentence, after {tail.split()[-1]!r}."
    number = _HANGING_NUMBER.search(tail)
    follows = number is not None and f"\n{int(number.group(1)) - 1}" in tail
    comma = len(tail) >= LONG_REPLY and _HANGING_COMMA.search(tail[-60:]) and not _GREETING.search(tail)
    if follows or comma or _HANGING_SIGN.search(tail[-60:]):
        return f"The reply stops in the middle, after {tail.split()[-1][-20:]!r}."
    return None


def _last_words(text: str) -> str:
    return " ".join(text[-120:].split(" ")[1:]).strip() or text[-120:].strip()
