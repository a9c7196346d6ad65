"""What a judge answers about efficiency, and how the answers about all windows become one outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from storage.records import Thread
from tasks.evaluators.asking.asking import take_entries
from tasks.evaluators.asking.fence import make_visible
from tasks.evaluators.asking.quotations import check_quotes, count_invented, evidence_json
from tasks.evaluators.asking.verdicts import Answer, CauseWord, EfficiencyWord, Quote, RecoveryWord, Words
from tasks.evaluators.asking.windows import Window
from tasks.evaluators.base import Outcome
from tasks.evaluators.turns import count_turns

MOST_SUMMARY_CHARACTERS = 4_000
MOST_TURNS_SHOWN = 100


class FrictionTurn(Answer):
    """A needless turn."""

    index: int
    reasoning: Words
    cause: CauseWord
    evidence: list[Quote]


class PartAnswer(Answer):
    """What is noted about a part of a conversation that goes on."""

    summary: Words
    friction: list[FrictionTurn]


class EfficiencyAnswer(Answer):
    """The verdict on a whole conversation."""

    reasoning: Words
    task_completed: bool | None
    friction: list[FrictionTurn]
    recovery: RecoveryWord
    failure_reason: Words | None
    verdict: EfficiencyWord
    evidence: list[Quote]


@dataclass(frozen=True)
class WindowTurns:
    """The friction turns of one window that were asked for there.

    Attributes:
        turns: In order, one per message.
        ignored: Indexes of turns that belong to another window, to no message, or came twice.
    """

    turns: tuple[FrictionTurn, ...]
    ignored: tuple[int, ...]

    @classmethod
    def take(cls, window: Window, friction: Sequence[FrictionTurn]) -> "WindowTurns":
        """Sort out what a judge answered."""
        taken, ignored = take_entries(friction, window.judged)
        return cls(tuple(taken[index] for index in sorted(taken)), tuple(ignored))


def show_earlier(summary: str, windows: Sequence[WindowTurns]) -> str:
    """What the judge of a window is told about those before: never more than a few thousand characters."""
    turns = [turn for window in windows for turn in window.turns]
    shown = ", ".join(f"{turn.index} ({turn.cause})" for turn in turns[-MOST_TURNS_SHOWN:])
    left_out = max(0, len(turns) - MOST_TURNS_SHOWN)
    more = f", and {left_out} before these" if left_out else ""
    counted = f"friction turns so far, by message index: {shown or 'none'}{more}"
    lines = make_visible(summary[:MOST_SUMMARY_CHARACTERS]).splitlines()
    return "\n".join([counted, *(f"summary| {line}" for line in lines)])


def efficiency_outcome(thread: Thread, answer: EfficiencyAnswer, windows: Sequence[WindowTurns]) -> Outcome:
    """The judge's verdict with the friction turns of all windows."""
    turns = [turn for window in windows for turn in window.turns]
    quotes = [check_quotes(thread, turn.evidence) for turn in turns]
    own_quotes = check_quotes(thread, answer.evidence)
    result: dict[str, JsonValue] = {
        "task_completed": answer.task_completed,
        "friction": [
            {
                "index": turn.index,
                "cause": turn.cause,
                "reasoning": turn.reasoning,
                "evidence": evidence_json(evidence),
                "check": None,
            }
            for turn, evidence in zip(turns, quotes, strict=True)
        ],
        "recovery": answer.recovery,
        "failure_reason": answer.failure_reason,
        "user_turns": count_turns(thread, "user"),
        "assistant_turns": count_turns(thread, "assistant"),
        "reasoning": answer.reasoning,
        "evidence": evidence_json(own_quotes),
        "ignored": [index for window in windows for index in window.ignored],
        "invented_evidence": sum(map(count_invented, [own_quotes, *quotes])),
    }
    return Outcome(verdict=answer.verdict, result=result)


def nothing_to_judge(thread: Thread) -> Outcome:
    """Without a user there is no task."""
    result: dict[str, JsonValue] = {
        "task_completed": None,
        "friction": [],
        "recovery": None,
        "failure_reason": None,
        "user_turns": count_turns(thread, "user"),
        "assistant_turns": count_turns(thread, "assistant"),
        "reasoning": "",
        "evidence": [],
    }
    return Outcome(reason="not_applicable", detail="no user message, so no task to judge", result=result)
