"""Check `leaked_markup`: control text of the model or its tools that a user should never see."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.text import prose, replies, user_words

_TOKEN = re.compile(
    r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>|</?(?:tool_call|tool_response|functioncall|function_call|think"
    r"|thinking|scratchpad)>"
    r"|^<s>|</s>\s*$|<unk>|<pad>"
)
_TOOL_CALL = re.compile(
    r"\s*\{\s*[\"'](?:name|function|tool|action)[\"']\s*:\s*[\"'][\w.-]{1,60}[\"']\s*,\s*[\"'](?:arguments"
    r"|parameters|args|action_input)[\"']\s*:"
)
_ROLE_LINE = re.compile(
    r"^(?:#{2,3} ?(?:Human|User|Assistant|Instruction|Response|Input)|<(?:human|bot|user|assistant)>|Human|USER"
    r"|ASSISTANT|Assistant) ?:(?=\s|$)",
    re.MULTILINE,
)
_TALK_OF_DIALOGUE = re.compile(
    r"\b(?:dialog|dialogue|dialogues|conversation|conversations|chat|transcript|interview|role-?play|script|skit"
    r"|scene|prompt|template|token|tokens|format|markup|tags?|xml|html|json)\b"
)


class LeakedMarkup:
    """Chat-template tokens, raw tool calls, hidden reasoning tags, or further turns the model made up."""

    name: ClassVar[str] = "leaked_markup"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply; none where the user's own words hold such text or ask for a dialogue."""
        for index, message in replies(thread):
            text = prose(message.text)
            call = _TOOL_CALL.match(text)
            hit = call or _TOKEN.search(text) or _ROLE_LINE.search(text)
            if hit is None:
                continue
            topic = user_words(thread, index)
            if hit.group().strip().lower() in topic or _TALK_OF_DIALOGUE.search(topic):
                continue
            yield Finding(
                check=self.name,
                index=index,
                kind="correctness",
                verdict="HARD FAIL" if call else "SOFT FAIL",
                reasoning="A raw tool call is shown to the user."
                if call
                else f"Text meant for the model is shown to the user: {hit.group().strip()!r}.",
                evidence=(quoted(thread, index, text[hit.start() : hit.end() + 60].strip().split("\n")[0]),),
            )
