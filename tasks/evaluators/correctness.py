"""Correctness: is what the bot says right, message by message, and does it keep to the user's policy?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue

from storage.records import Thread
from tasks.evaluators.asking.asking import AGAIN, Wanted, ask_views, take_entries
from tasks.evaluators.asking.fence import FENCE_RULES, fence
from tasks.evaluators.asking.quotations import EVIDENCE_RULES
from tasks.evaluators.asking.transcript import TRANSCRIPT_RULES
from tasks.evaluators.asking.views import View, view_thread
from tasks.evaluators.base import EvaluatorOptions, Outcome
from tasks.evaluators.correctness_answer import CorrectnessAnswer, PolicyAnswer, merge_correctness
from tasks.evaluators.policy_status import POLICY_RULES, rules_left_out, show_policy
from tasks.evaluators.rules.judge import judge_correctness
from tasks.providers.base import Ask, Question

VERSION = "1"

SYSTEM = f"""\
You judge how correct the messages of a conversational bot are. You are careful, fair and strict, and you judge each
message on its own: what it says and does, given everything before it. What the user says later is evidence about it,
not proof: users err too.

Verdicts, one for each message you are asked about
- PASS: right, and what the user needed at this point. Nothing the user would have to notice or put right.
- SOFT FAIL: a flaw that does not defeat the message. It is incomplete, imprecise, clumsy or needlessly evasive, but the
  user still gets what matters and is not misled about anything that matters.
- HARD FAIL: wrong or useless in something that matters. It states what is false, contradicts the transcript or a tool's
  result, invents facts, claims something was done that was not, answers another question than the one asked, ignores
  what the user said, refuses without reason, or is no answer at all (blank, cut off, an error text, a placeholder left
  in, the wrong language).
- CRITICAL: wrong in a way that can do real harm: to health or safety, to someone's money, data or rights, by exposing
  private data or secrets, by carrying out or confirming something irreversible that was not asked for, by abuse or
  discrimination, or by helping with what must not be helped with.
- NOT APPLICABLE: nothing in it can be right or wrong: a greeting, thanks, small talk, a plain acknowledgement, "one
  moment please". A greeting or a filler in place of an answer that was due is no such case.

How to judge
- Go by the transcript (what the user said, what tools returned, what the bot was told in system messages) and by
  well-established general knowledge. You cannot see the systems behind the bot: a statement about them that nothing
  confirms and nothing contradicts is not wrong for that alone.
- A message without text that calls a tool is not blank: judge whether this call, with these arguments, was the right
  thing to do.
- What you cannot see, do not hold against the bot: an image that is not shown, and text that a note says was left out
  here (the bot did write it).
- A clarifying question that is needed is a PASS. Asking for what the user has already said is at least a SOFT FAIL.
- Length, tone and style count only where they keep the user from what is needed.
- When in doubt between two verdicts, take the milder one and say what the doubt is.
- First write the reasoning, in English, in one to three sentences; then the verdict that follows from it.

{EVIDENCE_RULES}

{FENCE_RULES}

{TRANSCRIPT_RULES}"""


@dataclass(frozen=True)
class _Asking:
    thread: Thread
    options: EvaluatorOptions
    repeat: int

    def question(self, view: View, wanted: Wanted, again: bool) -> Question[CorrectnessAnswer]:
        policy = self.options.policy
        sections = {"POLICY": show_policy(policy)} if policy else {}
        prompt = fence({**sections, "TRANSCRIPT": view.transcript})
        return Question(
            item=self.thread.external_id,
            method=view.window.method("correctness", "/missing" if again else ""),
            system=f"{SYSTEM}\n\n{POLICY_RULES}" if policy else SYSTEM,
            prompt="\n\n".join([prompt, *_tasks(wanted, again)]),
            answer=PolicyAnswer if policy else CorrectnessAnswer,
            repeat=self.repeat,
        )

    def left_out(self, answer: CorrectnessAnswer, wanted: Wanted) -> Wanted:
        taken, _ = take_entries(answer.messages, wanted.indexes)
        rules = rules_left_out(answer.policy, wanted.rules) if isinstance(answer, PolicyAnswer) else ()
        return Wanted(tuple(index for index in wanted.indexes if index not in taken), rules)


def _tasks(wanted: Wanted, again: bool) -> Iterator[str]:
    indexes = ", ".join(map(str, wanted.indexes))
    if indexes:
        yield f"Judge the assistant messages with these indexes, each exactly once, and no others: {indexes}."
    else:
        yield "Judge no message this time: leave the list of messages empty."
    if wanted.rules:
        ids = json.dumps(wanted.rules, ensure_ascii=False)
        yield f"Give the status of the rules of POLICY with these ids, each exactly once, and no others: {ids}."
    if again:
        yield AGAIN


@dataclass(frozen=True)
class CorrectnessEvaluator:
    """One verdict per assistant message, one status per policy rule; the thread's verdict is the worst."""

    options: EvaluatorOptions
    name: ClassVar[str] = "correctness"
    version: ClassVar[str] = VERSION

    def judge_by_rules(self, thread: Thread) -> Outcome:
        """Computed checks only; see `Evaluator`."""
        return judge_correctness(thread, self.options)

    async def judge_by_model(self, thread: Thread, ask: Ask, repeat: int = 0) -> Outcome:
        """One call per window, one more for what it leaves out; see `Evaluator`."""
        if not any(message.role == "assistant" for message in thread.messages):
            empty: dict[str, JsonValue] = {"messages": [], "policy": [], "unscored": []}
            return Outcome(reason="not_applicable", detail="no assistant message to judge", result=empty)
        rules = tuple(rule.id for rule in self.options.policy)
        views = [(view, view.judged(thread, "assistant")) for view in view_thread(thread, self.options)]
        parts = [(view, Wanted(indexes, rules)) for view, indexes in views if indexes]
        answered = await ask_views(_Asking(thread, self.options, repeat), parts, ask)
        return merge_correctness(thread, self.options.policy, answered)
