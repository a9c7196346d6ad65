"""Check `not_understood`: the bot says it did not understand."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.rules.base import FRICTION, Finding, Kind, quoted
from tasks.evaluators.rules.text import last_user_index, replies

LONGEST = 400
_NOT_UNDERSTOOD = re.compile(
    r"\b(?:(?:i|we)(?:'m| am)? ?(?:sorry|afraid|apologi[sz]e)?,? ?(?:but )?(?:i |we )?(?:really |still )?"
    r"(?:didn't|did not|don't|do not|couldn't|could not|can't|cannot|am not able to|was not able to)"
    r" (?:quite |fully |really )?(?:understand (?:that|you|your|what you|the question)|get that(?! (?:a lot|enough"
    r"|often|much|very))|catch that|follow (?:that|you)|hear that|make sense of)"
    r"|i(?:'m| am) not sure (?:i|that i) (?:understand|follow|understood)\b"
    r"|(?:could|can|would) you (?:please )?(?:rephrase|reword|say that (?:again|differently|another way)"
    r"|repeat that|put that another way)"
    r"|please (?:rephrase|reword) (?:your|the|that)"
    r"|try (?:rephrasing|rewording|asking (?:it |that )?(?:in )?(?:another|a different) way))"
)


class NotUnderstood:
    """A fallback reply: the bot did not understand, and the user must say it again."""

    name: ClassVar[str] = "not_understood"
    default_on: ClassVar[bool] = False
    kinds: ClassVar[frozenset[Kind]] = FRICTION

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per fallback; the user's doing where the message before it has no words."""
        for index, message in replies(thread):
            if len(message.text) > LONGEST:
                continue
            hit = _NOT_UNDERSTOOD.search(message.text.replace("\u2019", "'").lower())
            before = last_user_index(thread, index)
            if hit is None or before is None:
                continue
            said = thread.messages[before].text
            wordless = sum(char.isalpha() for char in said[:2000]) < 3
            yield Finding(
                check=self.name,
                index=index,
                kind="friction",
                cause="user" if wordless else "bot",
                reasoning="The bot did not understand the user"
                + (", who wrote no words." if wordless else " and asks for it to be said again."),
                evidence=(
                    quoted(thread, index, hit.group()),
                    *((quoted(thread, before, said),) if said.strip() else ()),
                ),
            )
