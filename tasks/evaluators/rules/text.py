"""Views of a thread's text that the checks share, each bounded so that no message costs more than its share."""

import re
from collections.abc import Iterator

from storage.records import Message, Thread

HEAD_CHARACTERS = 20_000
TAIL_CHARACTERS = 4_000
USER_MESSAGES_BACK = 6
MESSAGES_BACK = 40
USER_CHARACTERS = 4_000
SMALL_TALK_CHARACTERS = 160


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_INLINE_CODE = re.compile(r"`[^`\n]{1,300}`")
_SENTENCE_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_THANKS = _word_set(
    "thanks thank thx ty bye goodbye cheers appreciate appreciated great perfect awesome cool wonderful excellent"
    " fantastic amazing nice lovely nothing that's"
    " farewell danke tsch\u00fcss gracias adi\u00f3s merci obrigado"
)
_ASSENT = _word_set("ok okay k yes yep yeah yup no nope nah sure fine alright right good understood indeed done")
_AROUND = _word_set(
    "you so very much a lot again for your the all help helping assistance time support info information it got i"
    " i'm im i'll everything that will be is now today and then wow oh ah well see take care have day one evening night"
    " weekend too else never mind nvm need needed me really set as haha lol welcome sounds do by just this of"
)
_STOP_MARK = re.compile(r"(?:^\W*(?:stop|end|exit|quit)|#{2,4}[ ]?[A-Za-z_-]{3,20}[ ]?#{2,4})\W*$")
_FAREWELL = re.compile(
    r"^\W*(?:great|got it|al(?:l )?right|ok(?:ay)?|thanks|thank you|perfect|understood|i understand|sounds good|no"
    r"|you too|yes, thank)\b.*"
    r"\b(?:thanks|thank you|appreciate|bye|take care|have a|reach out)\b",
    re.DOTALL,
)
_WISH = re.compile(r"\?|\b(?:please|can you|could you|would you|i want|i need to|i'd like|i would like|but)\b")
_LAST_WORDS = re.compile(
    r"\b(?:good ?-?bye|bye(?: bye)?|good night|ciao|(?:see|talk to) (?:ya|you)(?: later| soon| then)?|never ?mind"
    r"|later|that ?'?s? (?:is )?(?:all|it)(?: for now)?"
    r"|have an? (?:\w+ )?(?:day|one|evening|night|weekend))\W*$"
)
_LAST_THANKS = re.compile(r"\b(?:thanks|thank you|thx)(?: anyway| though| so much| a lot)?\W*$")
_ASKING = re.compile(
    r"\?|\b(?:please|can|could|would|want|need|like to|book|cancel|send|change|give|tell|show|find|add|make|check"
    r"|order)\b"
)


def scanned(text: str) -> str:
    """The text, or of a very long one its first and last lines: what a check looks at."""
    if len(text) <= HEAD_CHARACTERS + TAIL_CHARACTERS:
        return text
    head, tail = text[:HEAD_CHARACTERS], text[-TAIL_CHARACTERS:]
    return head[: max(head.rfind("\n"), head.rfind(" "), 0)] + "\n\n" + tail.partition("\n")[2]


def prose(text: str) -> str:
    """What a check looks at, without code: fenced blocks and inline code become a line break."""
    text = scanned(text)
    if "`" not in text:
        return text
    return _INLINE_CODE.sub("\n", "\n".join(text.split("```")[::2]))


def replies(thread: Thread) -> Iterator[tuple[int, Message]]:
    """The assistant messages that say something, with their indexes."""
    for index, message in enumerate(thread.messages):
        if message.role == "assistant" and message.text:
            yield index, message


def user_words(thread: Thread, index: int) -> str:
    """What the user (and the system prompt) lately said before a message, in lower case: is the topic asked for?"""
    parts: list[str] = []
    for message in reversed(thread.messages[max(0, index - MESSAGES_BACK) : index]):
        if message.role in ("user", "system") and message.text:
            parts.append(message.text[:USER_CHARACTERS])
            if len(parts) == USER_MESSAGES_BACK:
                break
    return "\n".join(parts).lower()


def last_user_index(thread: Thread, index: int) -> int | None:
    """Index of the nearest user message before a message; None where there is none near."""
    for back in range(index - 1, max(-1, index - 1 - MESSAGES_BACK), -1):
        if thread.messages[back].role == "user":
            return back
    return None


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, stripped, blank ones left out."""
    return [part for raw in _SENTENCE_END.split(text) if (part := raw.strip())]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("\u2019", "'").lower())


def is_closing(text: str) -> bool:
    """True for thanks, a farewell or a simulator's stop mark: words that ask for no answer."""
    if _STOP_MARK.search(text[-60:].lower()):
        return True
    if len(text) > SMALL_TALK_CHARACTERS or "?" in text or any(char.isdigit() for char in text):
        return False
    words = _words(text)
    if not words:
        return True
    return not _THANKS.isdisjoint(words) and all(word in _THANKS | _ASSENT | _AROUND for word in words)


def is_farewell(text: str) -> bool:
    """True also where thanks and a farewell are wrapped in a sentence or two that ask for nothing."""
    if is_closing(text):
        return True
    if len(text) > 2 * SMALL_TALK_CHARACTERS or "?" in text:
        return False
    folded = text.replace("\u2019", "'").lower()
    if _LAST_WORDS.search(folded):
        return True
    return bool(
        (_FAREWELL.search(folded) and not _WISH.search(folded))
        or (_LAST_THANKS.search(folded) and not _ASKING.search(folded))
    )


def is_assent(text: str) -> bool:
    """True for a bare yes, no or ok: an answer where something was asked, else the end of the talk."""
    if len(text) > SMALL_TALK_CHARACTERS:
        return False
    words = _words(text)
    return bool(words) and all(word in _ASSENT | _AROUND for word in words) and not _ASSENT.isdisjoint(words)


def is_visible(text: str) -> bool:
    """True when a reader sees at least one letter, digit, symbol or emoji."""
    return any(char.isalnum() or (ord(char) > 0x2100 and char.isprintable()) for char in text[:2000]) or (
        len(text) > 2000 and any(char.isalnum() for char in text)
    )
