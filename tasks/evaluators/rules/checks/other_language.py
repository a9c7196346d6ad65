"""Check `other_language`: the user is answered in a language other than the user's."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.languages import (
    are_alike,
    detected_language,
    letters_by_script,
    likely_language,
    main_script,
)
from tasks.evaluators.rules.text import last_user_index, prose, replies, user_words

USER_LETTERS, REPLY_LETTERS = 16, 40
USER_SIGNS, REPLY_SIGNS = 7, 14
DETECTED_USER_LETTERS, DETECTED_REPLY_LETTERS = 60, 60
SCANNED = 2_000
_DENSE = frozenset({"Kana and Han", "Hangul"})
_NOT_WORDS = re.compile(r"https?://\S{1,500}|\bwww\.\S{1,500}|\S{1,60}@\S{1,60}|<[^<>\n]{1,200}>")
OTHER_LETTERS = 4
NO_LANGUAGE = frozenset({"zxx", "und", "mul"})
_TALK_OF_LANGUAGE = re.compile(
    r"translat|\blanguages?\b|\b(?:english|spanish|french|german|italian|portuguese|dutch|russian|ukrainian|polish"
    r"|chinese|mandarin|cantonese|japanese"
    r"|korean|arabic|hindi|latin|greek|hebrew|turkish|swedish|danish|norwegian|finnish|czech|vietnamese|thai"
    r"|indonesian|pinyin|romaji)\b"
    r"|\u00fcbersetz|\benglisch|\bsprache|traduc|tradui|tradu[sz]|traduz|\bidioma|\blangue|\bingl[e\u00e9]s"
    r"|\banglais|\bespa\u00f1ol|\bingles[ei]"
    r"|\u7ffb\u8bd1|\u7ffb\u8b6f|\u8bd1|\u82f1\u6587|\u82f1\u8bed|\u82f1\u8a9e|\u4e2d\u6587|\u6c49\u8bed"
    r"|\u65e5\u8bed|\u6cd5\u8bed|\u8bed\u8a00|\u8a00\u8a9e|\u5355\u8bcd|\u53e5\u5b50|\u65e5\u672c\u8a9e"
    r"|\u043f\u0435\u0440\u0435\u0432[\u0435\u043e]\u0434|\u0430\u043d\u0433\u043b\u0438\u0439\u0441\u043a"
    r"|\u044f\u0437\u044b\u043a|\u062a\u0631\u062c\u0645|\u0625\u0646\u062c\u0644\u064a\u0632|\ubc88\uc5ed"
    r"|\uc601\uc5b4"
)


class OtherLanguage:
    """A reply in another script or, in the same script, in another language than the user's message before it."""

    name: ClassVar[str] = "other_language"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply; none on short texts, or where the user speaks of languages."""
        for index, message in replies(thread):
            before = last_user_index(thread, index)
            if before is None:
                continue
            asked = _plain(thread.messages[before].text)
            reply = _plain(message.text)
            reasoning = _other_script(asked, reply) or _other_language(asked, reply)
            if reasoning is None or _TALK_OF_LANGUAGE.search(user_words(thread, index)):
                continue
            yield Finding(
                check=self.name,
                index=index,
                kind="correctness",
                verdict="HARD FAIL",
                reasoning=reasoning,
                evidence=(quoted(thread, before, thread.messages[before].text), quoted(thread, index, message.text)),
            )


def _plain(text: str) -> str:
    text = text[:SCANNED]
    return (
        _NOT_WORDS.sub(" ", prose(text))
        if "`" in text or "<" in text or "@" in text or "://" in text or "www." in text
        else text
    )


def _other_script(asked: str, reply: str) -> str | None:
    if asked.isascii() and reply.isascii():
        return None
    user, bot = main_script(asked), main_script(reply)
    if user is None or bot is None or user[0] == bot[0]:
        return None
    if (
        letters_by_script(asked).get(bot[0], 0) > OTHER_LETTERS
        or letters_by_script(reply).get(user[0], 0) > OTHER_LETTERS
    ):
        return None
    enough_asked = user[1] >= (USER_SIGNS if user[0] in _DENSE else USER_LETTERS)
    enough_said = bot[1] >= (REPLY_SIGNS if bot[0] in _DENSE else REPLY_LETTERS)
    if not enough_asked or not enough_said:
        return None
    return f"The user writes in {user[0]} letters, the reply is in {bot[0]} letters."


def _other_language(asked: str, reply: str) -> str | None:
    if len(asked) < DETECTED_USER_LETTERS or len(reply) < DETECTED_REPLY_LETTERS:
        return None
    user, bot = likely_language(asked), likely_language(reply)
    if user is not None and user == bot:
        return None
    scripts = main_script(asked), main_script(reply)
    if not all(script and script[0] == "Latin" and script[1] >= DETECTED_USER_LETTERS * 3 // 4 for script in scripts):
        return None
    user, bot = detected_language(asked), detected_language(reply)
    if user is None or bot is None or are_alike(user, bot) or NO_LANGUAGE & {user, bot}:
        return None
    return f"The user writes in {user!r}, the reply is in {bot!r} (ISO 639-1)."
