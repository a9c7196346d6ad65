"""Check `ends_in_error`: the bot's last word is an error."""

from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.rules.base import Finding, Kind, quoted
from tasks.evaluators.rules.checks.error_text import apology_for_error, raw_error
from tasks.evaluators.rules.text import is_assent, is_closing, replies


class EndsInError:
    """The bot's last word is an error: whatever the user came for was not done."""

    name: ClassVar[str] = "ends_in_error"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = frozenset({"broken"})

    def find(self, thread: Thread) -> Iterable[Finding]:
        """At most one finding, on the last reply; what the user still says after it does not matter."""
        last = max((index for index, _ in replies(thread)), default=None)
        if last is None or _has_other_business(thread, last):
            return
        words = raw_error(thread, last) or apology_for_error(thread, last)
        if words:
            yield Finding(
                check=self.name,
                index=last,
                kind="broken",
                reasoning="The bot's last word is an error, and nothing came after it.",
                evidence=(quoted(thread, last, words),),
            )


def _has_other_business(thread: Thread, last: int) -> bool:
    """True when the last reply answers mere thanks: the errand was over before the error."""
    before = [message.text for message in thread.messages[max(0, last - 3) : last] if message.role == "user"]
    return bool(before) and is_closing(before[-1]) and not is_assent(before[-1])
