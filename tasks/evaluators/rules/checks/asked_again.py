"""Check `asked_again`: the bot asks for what it was already told."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.evidence import fold
from tasks.evaluators.rules.base import FRICTION, Finding, Kind, quoted
from tasks.evaluators.rules.text import is_assent, is_closing, prose, scanned, sentences

_REQUEST = re.compile(
    r"\b(?:what(?:'s| is| was|s| (?:size|colou?r|date|day|time|city|amount))|may i (?:have|get|know|ask)"
    r"|can i (?:have|get)|could i (?:have|get)|(?:could|can"
    r"|would|will) you (?:please |kindly )?"
    r"(?:provide|give|tell|share|send|enter|type|let me (?:know|have))|please (?:provide|give|tell|share|send|enter"
    r"|type)|i(?:'ll| will)? need|"
    r"which|where|when|how many|how much)\b"
)
_NEW_VALUE = re.compile(
    r"\b(?:another|other|different|new|correct|valid|alternate|alternative|again|confirm|verify|second|next"
    r"|additional|instead|updated|change|both|each|passengers?|recipient|sorry|unable|couldn't|could not|can't find"
    r"|cannot find|not found|no record|doesn't|does not|invalid|incorrect|if)\b"
)
_IMPERATIVE = re.compile(r"\bplease (?:provide|give|tell|share|enter|type)\b|\bi(?:'ll| will)? (?:also )?need your\b")
FEWEST_SPACES = 2
MESSAGES_APART = 12
ANSWER_WORDS = 6
_NO_ANSWER = re.compile(r"know|not sure|any|whatever|doesn't matter|why|wait|moment")
_NOT_A_SLOT = re.compile(
    r"\b(?:else|help you|assist you|can i do|how can i|how may i|would you like|do you want|your question|more)\b"
    r"|^(?:please |kindly )?let me know|\bonce you|\bwhen you|feel free|^if\b"
)


def _asks_for(slot: str) -> re.Pattern[str]:
    return re.compile(
        r"\b(?:what(?:'s| is| was|s)|(?:may|can|could) i (?:please )?(?:have|get|know)|(?:provide|give|tell|share"
        r"|send|enter|type)(?: me| us)?(?: with)?"
        rf"|i(?:'ll| will)? (?:also )?need) {slot}"
    )


_SLOTS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        "e-mail address",
        _asks_for(r"your (?:\w+ )?e-?mail(?: address| id)?\b"),
        re.compile(r"[\w.+-]{1,64}@[\w-]{1,60}\.[a-z]{2,10}\b", re.IGNORECASE),
    ),
    (
        "phone number",
        _asks_for(r"your (?:\w+ )?(?:phone|telephone|mobile|cell)(?: phone)? number\b"),
        re.compile(r"(?<![\w#-])\+?(?:\(\d{3}\) ?\d{3}|\d{3}[ .-]\d{3})[ .-]\d{4}(?![\w-])"),
    ),
    (
        "order number",
        _asks_for(r"(?:your|the) order (?:number|id|no)\b"),
        re.compile(r"\border (?:number |id |no\.? )?(?:is )?(?:#\s?\w{3,20}|[A-Z]{0,4}-?\d{4,16})\b", re.IGNORECASE),
    ),
    (
        "user id",
        _asks_for(r"your user ?(?:id|name)\b"),
        re.compile(r"\buser ?(?:id|name) (?:is|:)\s{0,2}[\w.@-]{0,30}\d[\w.@-]{0,20}", re.IGNORECASE),
    ),
    (
        "zip code",
        _asks_for(r"your (?:\w+ )?(?:zip|postal) ?code\b"),
        re.compile(r"\b(?:zip|postal)(?: ?code)?(?: is|:)? {0,2}\d{5}\b", re.IGNORECASE),
    ),
)


class AskedAgain:
    """The bot asks for an address or number the user gave before, or asks a question word for word again."""

    name: ClassVar[str] = "asked_again"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = FRICTION

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply that asks again."""
        given: dict[str, tuple[int, str]] = {}
        asked: dict[str, int] = {}
        for index, message in enumerate(thread.messages):
            if message.role == "user":
                _remember(given, index, scanned(message.text))
            elif message.role == "assistant" and message.text:
                requests = _requests(message.text)
                if not requests:
                    continue
                finding = self._told(thread, index, requests, given) or self._same(thread, index, requests, asked)
                if finding is not None:
                    yield finding
                for request in requests:
                    asked[fold(request)] = index

    def _told(
        self, thread: Thread, index: int, requests: list[str], given: dict[str, tuple[int, str]]
    ) -> Finding | None:
        for request in requests:
            lowered = request.lower()
            for slot, asks, _ in _SLOTS:
                if slot in given and asks.search(lowered) and not _NEW_VALUE.search(lowered):
                    where, value = given[slot]
                    return self._finding(
                        thread,
                        index,
                        f"The bot asks for the {slot} it was given in message {where}.",
                        where,
                        value,
                        request,
                    )
        return None

    def _same(self, thread: Thread, index: int, requests: list[str], asked: dict[str, int]) -> Finding | None:
        for request in requests:
            first = asked.get(fold(request))
            if first is None or index - first > MESSAGES_APART:
                continue
            answers = [at for at in range(first + 1, index) if thread.messages[at].role == "user"]
            if len(answers) == 1 and _answers(thread.messages[answers[0]].text):
                return self._finding(
                    thread, index, f"The bot asks again what it asked in message {first}.", first, request, request
                )
        return None

    def _finding(self, thread: Thread, index: int, reasoning: str, where: int, before: str, request: str) -> Finding:
        return Finding(
            check=self.name,
            index=index,
            kind="friction",
            cause="bot",
            reasoning=reasoning,
            evidence=(quoted(thread, where, before), quoted(thread, index, request)),
        )


def _remember(given: dict[str, tuple[int, str]], index: int, text: str) -> None:
    for slot, _, value in _SLOTS:
        if slot not in given and (hit := value.search(text)):
            given[slot] = (index, hit.group())


def _requests(text: str) -> list[str]:
    text = prose(text)
    lowered = text.lower()
    if not _REQUEST.search(lowered):
        return []
    return [part for part in sentences(text) if len(part) <= 300 and _is_request(part.lower())]


def _is_request(sentence: str) -> bool:
    return (
        sentence.count(" ") >= FEWEST_SPACES
        and ("?" in sentence or bool(_IMPERATIVE.search(sentence)))
        and bool(_REQUEST.search(sentence))
        and not _NOT_A_SLOT.search(sentence)
    )


def _answers(text: str) -> bool:
    """True when a user message is a bare answer: a few words, no question, no assent, no 'I don't know'."""
    return (
        0 < len(text.split()) <= ANSWER_WORDS
        and "?" not in text
        and not is_closing(text)
        and not is_assent(text)
        and not _NO_ANSWER.search(text.lower())
    )
