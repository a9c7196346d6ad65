"""Check `arithmetic`: sums, products, percentages and totals in a reply that do not add up."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.equations import false_equations
from tasks.evaluators.rules.text import prose, replies, user_words
from tasks.evaluators.rules.totals import false_totals

_OTHER_RULES = re.compile(
    r"\b(?:swapped|interchanged|exchanged|operators?|symbols? of|mod|modulo|modular|binary|octal|hexadecimal"
    r"|base \d|riddle|puzzle|boolean)\b"
)


class Arithmetic:
    """Equations and totals a reply writes out and that do not hold; none that the user's own words hold."""

    name: ClassVar[str] = "arithmetic"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply, the first false equation or total in it."""
        for index, message in replies(thread):
            if not any(sign in message.text for sign in ("=", "otal", "altogether", "comes to", "%", "percent")):
                continue
            text = prose(message.text)
            claims = [(words, f"{words.strip()!r} does not hold.") for words in false_equations(text)]
            claims += [
                (words, f"The amounts listed come to {value}, not to the total given.")
                for words, value in false_totals(text)
            ]
            topic = user_words(thread, index) if claims else ""
            if _OTHER_RULES.search(topic):
                continue
            topic = topic.replace(" ", "")
            for words, reasoning in claims:
                if words.replace(" ", "").lower() in topic:
                    continue
                yield Finding(
                    check=self.name,
                    index=index,
                    kind="correctness",
                    verdict="HARD FAIL",
                    reasoning=reasoning,
                    evidence=(quoted(thread, index, words),),
                )
                break
