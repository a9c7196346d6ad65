"""Check `user_correction`: the user tells the bot that it got something wrong."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.rules.base import FRICTION, Finding, Kind, quoted

SCANNED = 400
CONFIRMING_CHARACTERS = 1_000
_WRONG = re.compile(r"wrong|incorrect|not (?:right|correct|true)|mistaken")
_CONFIRMING = re.compile(r"confirm|\b(?:correct|right|okay|ok|good)\?|shall i|should i|do you want me to")
_BOT = re.compile(
    r"(?:^|[.!?\n]\s{0,5}|^\W*no\W+|^\W*(?:but|hey|um|well|sorry|wait|wrong)\W+(?:no\W+)?)(?:"
    r"(?:that|this|it)(?:'s| is| was|s)? (?:not|n't|wasn't|isn't) (?:what|the (?:thing|one|question|answer)|how"
    r"|where|when|who|which) (?:that )?i "
    r"(?:asked|said|meant|wanted|want|ordered|requested|need|needed|was asking|am asking|told|am looking|was looking)"
    r"|(?:that|this|it) (?:isn't|wasn't) (?:what|the (?:thing|one|question|answer)) (?:that )?i (?:asked|said|meant"
    r"|wanted|want|ordered|requested|need|needed|was asking|am asking)"
    r"|(?:that's|that is|thats|you're|you are|your answer is|this is) (?:wrong|incorrect|not (?:right|correct|true)"
    r"|mistaken)\b(?! (?:with|about it\?|of))"
    r"|i (?:didn't|did not|didnt|never) (?:ask|say|said|asked|want(?! to)|order|request|mention)\b|i (?:didn't|did not"
    r"|didnt) mean (?:that|it|this)\b"
    r"|i (?:already|just) (?:told|said|gave|answered|provided|sent|mentioned|explained|asked)\b"
    r"|you (?:already|just) asked (?:me )?(?:that|this)"
    r"|i(?: have|'ve)? (?:already )?told you\b"
    r"|you(?:'ve| have)? (?:misunderstood|misunderstand|got (?:it|that|this|me) wrong|did not understand"
    r"|didn't understand|don't understand|didn't answer|did not answer|haven't answered|are not answering"
    r"|aren't answering|are not listening|aren't listening)"
    r"|(?:please )?(?:read|look at) (?:my|what i) (?:\w+ ){0,3}again"
    r"|as i (?:already )?(?:said|told you|mentioned)(?: before| earlier| already)?\W"
    r"|i said\b|(?<=no, )i meant\b|i asked (?:for|about|if|you (?:if|about|to|for|what|whether|a)\b|whether|what|how)\b"
    r")"
)
_OWN_SLIP = re.compile(
    r"^\W*(?:sorry|oops|my (?:bad|mistake|apologies)|apologies|actually|wait|correction"
    r"|i'm sorry)\b.{0,40}\b(?:i meant|i mean|i made a|i got|i mis\w+|typo|it's actually|should be"
    r"|i gave you the wrong|i changed my mind)\b"
    r"|^\W*(?:\w+\W+)?i (?:meant|mean) (?!it|that\b).{1,60}$|\bi(?:'ve| have)? changed my mind\b"
    r"|\bi meant to (?:say|type|write)\b|\bnot right,? because i(?:'d like| want| need| would)\b"
)
_NO = re.compile(r"\W*(?:no|wrong)\b(?!.{0,200}(?:changed my mind|i meant to))")
_PREFILTER = re.compile(
    r"\b(?:no|not|wrong|incorrect|already|just|told|said|meant|mean|mis\w+|asked|ask|again|didn't|didnt|never"
    r"|answer|mistaken|listening|typo|oops|correction|mistake|isn't|wasn't|understand|changed)\b"
)


class UserCorrection:
    """A user message that corrects the bot ('no, I said ...'), or the user's own slip ('sorry, I meant ...')."""

    name: ClassVar[str] = "user_correction"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = FRICTION

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per correction that follows a reply."""
        reply = ""
        for index, message in enumerate(thread.messages):
            if message.role == "assistant" and message.text.strip():
                reply = message.text
            if message.role != "user" or not reply:
                continue
            by_user = _corrects(message.text[:SCANNED], reply)
            if by_user is None:
                continue
            yield Finding(
                check=self.name,
                index=index,
                kind="friction",
                cause="user" if by_user else "bot",
                reasoning="The user changes or puts right what the user said before."
                if by_user
                else "The user says that the bot got it wrong.",
                evidence=(quoted(thread, index, message.text[:SCANNED]),),
            )


def _corrects(text: str, reply: str) -> bool | None:
    """True where the user corrects the user, False where the user corrects the bot, None where nothing is corrected.

    A reply that asks to be confirmed is there to be put right: 'that's wrong' after it is no fault of the bot.
    """
    text = text.replace("\u2019", "'").lower()
    if not _PREFILTER.search(text):
        return None
    if not _NO.match(text) and _OWN_SLIP.search(text):
        return True
    hit = _BOT.search(text)
    if hit is None:
        return None
    return bool(_WRONG.search(hit.group()) and _CONFIRMING.search(reply[-CONFIRMING_CHARACTERS:].lower()))
