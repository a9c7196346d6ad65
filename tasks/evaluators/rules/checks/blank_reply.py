"""Check `blank_reply`: the user asked and was shown nothing."""

from collections.abc import Iterable
from typing import ClassVar

from storage.records import Message, Thread
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.text import is_farewell, is_visible

_NOTHING = frozenset({"null", "undefined", "NaN", "nan", "[]", "{}", '""', "''", "(empty)", "[object Object]"})

_SPACES = frozenset(" \t\r\n\u00a0\u200b\ufeff")
DRAWN_CHARACTERS = 2_000
DRAWN_SIGNS = 3  # a drawing in signs shows something


class BlankReply:
    """A turn of the bot that ends without a visible character, or with the bare text of an empty value."""

    name: ClassVar[str] = "blank_reply"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per turn that shows nothing; a turn that only calls a tool is not blank."""
        asked: int | None = None
        spoken: list[int] = []
        for index, message in enumerate(thread.messages):
            if message.role == "assistant":
                spoken.append(index)
            elif message.role == "tool":
                spoken = []
            elif message.role == "user":
                yield from self._judge(thread, asked, spoken)
                asked, spoken = index, []
        yield from self._judge(thread, asked, spoken)

    def _judge(self, thread: Thread, asked: int | None, spoken: list[int]) -> Iterable[Finding]:
        if (
            asked is None
            or not spoken
            or is_farewell(thread.messages[asked].text)
            or any(_shows_or_acts(thread.messages[index]) for index in spoken)
        ):
            return
        index = spoken[-1]
        text = thread.messages[index].text.strip()
        yield Finding(
            check=self.name,
            index=index,
            kind="correctness",
            verdict="HARD FAIL",
            reasoning=f"The reply shows nothing but {text[:40]!r}." if text else "The reply is blank.",
            evidence=(quoted(thread, asked, thread.messages[asked].text),)
            if thread.messages[asked].text.strip()
            else (),
        )


def _shows_or_acts(message: Message) -> bool:
    if message.tool_calls or message.has_image:
        return True
    if is_visible(message.text):
        return message.text.strip() not in _NOTHING
    return len(set(message.text[:DRAWN_CHARACTERS]) - _SPACES) >= DRAWN_SIGNS
