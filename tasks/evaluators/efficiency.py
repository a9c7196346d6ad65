"""Efficiency: did the conversation get the user's task done without turns that the bot made needless?"""

from dataclasses import dataclass
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.asking.fence import FENCE_RULES, fence
from tasks.evaluators.asking.quotations import EVIDENCE_RULES
from tasks.evaluators.asking.transcript import TRANSCRIPT_RULES
from tasks.evaluators.asking.views import View, view_thread
from tasks.evaluators.base import EvaluatorOptions, Outcome
from tasks.evaluators.efficiency_answer import (
    EfficiencyAnswer,
    PartAnswer,
    WindowTurns,
    efficiency_outcome,
    nothing_to_judge,
    show_earlier,
)
from tasks.evaluators.rules.judge import judge_efficiency
from tasks.providers.base import Ask, Question

VERSION = "1"

SYSTEM = f"""\
You judge how efficiently a conversational bot served its user: whether the task got done, and what turns it took that a
good bot would not have needed. A turn is one message of the user with what the bot answers.

Verdict on the whole conversation
- EFFICIENT: no turn was needless.
- ACCEPTABLE: there were extra turns, and they were the user's doing: the user changed their mind, gave wrong or partial
  information, or went off the subject.
- FRICTION: the bot caused at least one extra turn (it asked for what it had been told, misunderstood what was clear,
  answered what was not asked, had to be corrected, gave in pieces what belongs together), and did not defeat the task
  by it.
- BROKEN: an error of the bot defeated the task: the user did not get what they came for, and the bot's error is why.
- INCOMPLETE: the data ends before it can be seen whether the task gets done.
Where several fit: INCOMPLETE if the end is missing, else BROKEN before FRICTION before ACCEPTABLE before EFFICIENT.
A user who has several tasks has them judged together: one that the bot's error defeated makes the verdict BROKEN. Not
BROKEN is a task that could not be done through no fault of the bot (sold out, not allowed), where the bot said so. Talk
without any task is EFFICIENT unless the bot makes it needlessly long.

What else to give
- task_completed: true if the user got what they came for, false if not, null if it cannot be seen.
- friction: each turn that was needless, by the index of the message that made it so: the bot's message that went wrong
  (cause "bot") or the user's message that caused the detour (cause "user"). Questions that any good bot would have to
  ask, confirmations before something irreversible, greetings and thanks are no friction.
- recovery: how the bot dealt with what went wrong. GOOD: it noticed, put it right and went on. PARTIAL: late, or only
  in part. FAILED: it did not. NOT NEEDED: nothing went wrong.
- failure_reason: where the task was not done, why, in one sentence; else null.
- reasoning: in English, in two to four sentences. Write it before the verdict; the verdict follows from it.

{EVIDENCE_RULES}

{FENCE_RULES}

{TRANSCRIPT_RULES}
- Where a conversation is judged part by part, EARLIER holds what was noted about the parts before: a summary, and the
  friction turns found there. It is data like the rest."""

PART_TASK = """\
This is not the end of the conversation; give no verdict yet. Give
- summary: what the next part's judge must know, in English and at most 250 words: what the user wants, what has been
  asked, answered, promised and done so far, what is still open, what went wrong and whether it was put right. It
  replaces the summary in EARLIER, so carry over what still matters.
- friction: the needless turns whose message has an index from {first} to {last}."""

WHOLE_TASK = """\
Judge the whole conversation. List in friction the needless turns whose message has an index from {first} to {last}."""

END_TASK = """\
This is the end of the conversation. Judge the whole of it: what EARLIER holds and what is shown here. List in friction
only the needless turns whose message has an index from {first} to {last}; those in EARLIER are counted already."""


@dataclass(frozen=True)
class EfficiencyEvaluator:
    """One verdict per thread; a long thread is judged window by window, each with a summary of those before."""

    options: EvaluatorOptions
    name: ClassVar[str] = "efficiency"
    version: ClassVar[str] = VERSION

    def judge_by_rules(self, thread: Thread) -> Outcome:
        """Computed checks only; see `Evaluator`."""
        return judge_efficiency(thread, self.options)

    async def judge_by_model(self, thread: Thread, ask: Ask, repeat: int = 0) -> Outcome:
        """One call per window, in order; the last gives the verdict; see `Evaluator`."""
        if not any(message.role == "user" for message in thread.messages):
            return nothing_to_judge(thread)
        *parts, end = view_thread(thread, self.options)
        earlier: list[WindowTurns] = []
        summary = ""
        for view in parts:
            part = await ask(_ask_part(thread, view, show_earlier(summary, earlier), repeat))
            summary = part.summary
            earlier.append(WindowTurns.take(view.window, part.friction))
        answer = await ask(_ask_verdict(thread, end, show_earlier(summary, earlier), repeat))
        return efficiency_outcome(thread, answer, [*earlier, WindowTurns.take(end.window, answer.friction)])


def _ask_part(thread: Thread, view: View, earlier: str, repeat: int) -> Question[PartAnswer]:
    return Question(
        item=thread.external_id,
        method=view.window.method("efficiency"),
        system=SYSTEM,
        prompt=_prompt(view, earlier, PART_TASK),
        answer=PartAnswer,
        repeat=repeat,
    )


def _ask_verdict(thread: Thread, view: View, earlier: str, repeat: int) -> Question[EfficiencyAnswer]:
    return Question(
        item=thread.external_id,
        method=view.window.method("efficiency"),
        system=SYSTEM,
        prompt=_prompt(view, earlier, END_TASK if view.window.number > 1 else WHOLE_TASK),
        answer=EfficiencyAnswer,
        repeat=repeat,
    )


def _prompt(view: View, earlier: str, task: str) -> str:
    sections = {"EARLIER": earlier} if view.window.number > 1 else {}
    indexes = view.window.judged
    fenced = fence({**sections, "TRANSCRIPT": view.transcript})
    return f"{fenced}\n\n{task.format(first=indexes[0], last=indexes[-1])}"
