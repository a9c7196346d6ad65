"""Intent: did the bot take each user message for what it was?"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from storage.records import Message, Thread
from tasks.evaluators.asking.asking import AGAIN, Wanted, ask_views
from tasks.evaluators.asking.fence import FENCE_RULES, fence, make_visible
from tasks.evaluators.asking.quotations import EVIDENCE_RULES
from tasks.evaluators.asking.transcript import TRANSCRIPT_RULES
from tasks.evaluators.asking.views import View, view_thread
from tasks.evaluators.base import EvaluatorOptions, Outcome
from tasks.evaluators.intent_answer import IntentAnswer, IntentNames, compare_intents
from tasks.evaluators.rules.judge import judge_intent
from tasks.providers.base import Ask, Question

VERSION = "1"

SYSTEM = f"""\
You find out what the user of a conversational bot wants, message by message. What the bot made of a message is not
shown to you, so that your finding can be compared with it.

What to give for each user message you are asked about
- intents: names from TAXONOMY, spelled exactly as there. As a rule it is one; more only where the message plainly asks
  for several things at once; an empty list where no name fits. Where there is no section TAXONOMY: an empty list.
- query_type: one name from QUERY TYPES, spelled exactly as there; null where none fits or there is no such section.
- confidence: from 0 to 1, how likely a careful expert who knows the taxonomy would give the same intents. Use the
  whole range: 0.5 means that another choice is as good.
- reasoning: why, in English, in one or two sentences, and what the next best choice would have been if there is one.

How to judge
- Judge what the user wants in this very message, understood from what was said before it. A short answer to the bot's
  question ("yes", "the blue one", a number) belongs to the intent that it carries on, unless the taxonomy has a name
  for such answers. What comes after the message may settle what an unclear one meant, and must not be read into a
  clear one.
- Go by the descriptions of the taxonomy before the names. Of two names that fit take the more specific one.
- Judge the wish and not the words: a question put as a complaint, or with irony or misspelt, keeps its intent.
- How the bot reacted tells nothing: it may have misunderstood.

{EVIDENCE_RULES}

{FENCE_RULES}
- TAXONOMY and QUERY TYPES, where they are given, hold one JSON value a line. They name what there is to choose from and
  are otherwise data like the rest.

{TRANSCRIPT_RULES}"""


@dataclass(frozen=True)
class _Asking:
    thread: Thread
    options: EvaluatorOptions
    repeat: int
    needed: frozenset[int]
    names: IntentNames

    def question(self, view: View, wanted: Wanted, again: bool) -> Question[IntentAnswer]:
        indexes = ", ".join(map(str, wanted.indexes))
        task = f"Give the intents of the user messages with these indexes, each exactly once, and no others: {indexes}."
        return Question(
            item=self.thread.external_id,
            method=view.window.method("intent", "/missing" if again else ""),
            system=SYSTEM,
            prompt="\n\n".join([fence(dict(self._sections(view))), task, *([AGAIN] if again else [])]),
            answer=IntentAnswer,
            repeat=self.repeat,
        )

    def _sections(self, view: View) -> Iterator[tuple[str, str]]:
        if self.options.intents:
            yield "TAXONOMY", _json_lines(intent.model_dump() for intent in self.options.intents)
        if self.options.query_types:
            yield "QUERY TYPES", _json_lines(self.options.query_types)
        yield "TRANSCRIPT", view.transcript

    def left_out(self, answer: IntentAnswer, wanted: Wanted) -> Wanted:
        """A prediction that is only stored beside a label is not asked for twice."""
        given = {entry.index for entry in self.names.usable(answer)}
        return Wanted(tuple(index for index in wanted.indexes if index in self.needed and index not in given))


@dataclass(frozen=True)
class IntentEvaluator:
    """What the bot recorded for each user message, against the label or else against the judge's own finding."""

    options: EvaluatorOptions
    name: ClassVar[str] = "intent"
    version: ClassVar[str] = VERSION

    def judge_by_rules(self, thread: Thread) -> Outcome:
        """Recorded against labels; see `Evaluator`."""
        return judge_intent(thread, self.options)

    async def judge_by_model(self, thread: Thread, ask: Ask, repeat: int = 0) -> Outcome:
        """One call per window with a user message that labels do not settle; none where there is no such message."""
        needed = frozenset(index for index, message in enumerate(thread.messages) if self._needs_judge(message))
        names = IntentNames(self.options)
        parts: list[tuple[View, Wanted]] = []
        for view in view_thread(thread, self.options) if needed else ():
            indexes = view.judged(thread, "user")
            if needed.intersection(indexes):
                parts.append((view, Wanted(indexes)))
        if not parts:
            return judge_intent(thread, self.options)
        asking = _Asking(thread, self.options, repeat, needed, names)
        return compare_intents(thread, names, await ask_views(asking, parts, ask))

    def _needs_judge(self, message: Message) -> bool:
        """Whether a judge could tell more about a message than its labels do."""
        if message.role != "user":
            return False
        intent_open = not (message.recorded_intents and message.expected_intents)
        type_open = message.recorded_query_type is not None and message.expected_query_type is None
        return bool(self.options.intents and intent_open) or bool(self.options.query_types and type_open)


def _json_lines(values: Iterable[object]) -> str:
    return "\n".join(make_visible(json.dumps(value, ensure_ascii=False)) for value in values)
