"""Efficiency: one verdict per thread; the windows of a long thread are asked about in order, with what came before."""

from typing import Any

from tasks.evaluators.base import EvaluatorOptions
from tasks.evaluators.efficiency import EfficiencyEvaluator
from tasks.evaluators.efficiency_answer import FrictionTurn, WindowTurns, show_earlier
from tasks.providers.base import Question
from tests.tasks.evaluators.recording_judge import (
    RecordingJudge,
    dialogue,
    efficiency_answer,
    entries,
    friction,
    outside,
    say,
    sections,
    thread_of,
)

LONG = EvaluatorOptions(window_messages=20, window_overlap=4)


async def test_one_question_gives_the_verdict_with_its_friction_turns() -> None:
    answer = efficiency_answer(
        "friction",
        friction=[friction(3, "Bot", [(3, "message 3")]), friction(2, "user", [(2, "no such words")])],
        recovery="not_needed",
        failure_reason=None,
        evidence=[{"index": 0, "quote": "message 0"}],
    )
    judge = RecordingJudge(lambda question: answer)
    outcome = await EfficiencyEvaluator(EvaluatorOptions()).judge_by_model(dialogue(6), judge, repeat=2)
    (question,) = judge.questions
    assert (question.method, question.repeat) == ("efficiency", 2)
    assert "an index from 0 to 5" in outside(question.prompt)
    assert list(sections(question.prompt)) == ["TRANSCRIPT"]
    assert (outcome.verdict, outcome.score, outcome.reason) == ("FRICTION", None, None)
    assert outcome.result == {
        "task_completed": True,
        "friction": [
            {
                "index": 2,
                "cause": "user",
                "reasoning": "because of 2",
                "evidence": [{"index": 2, "quote": "no such words", "found": False}],
                "check": None,
            },
            {
                "index": 3,
                "cause": "bot",
                "reasoning": "because of 3",
                "evidence": [{"index": 3, "quote": "message 3", "found": True}],
                "check": None,
            },
        ],
        "recovery": "NOT NEEDED",
        "failure_reason": None,
        "user_turns": 3,
        "assistant_turns": 3,
        "reasoning": "as it went",
        "evidence": [{"index": 0, "quote": "message 0", "found": True}],
        "ignored": [],
        "invented_evidence": 1,
    }


async def test_friction_turns_outside_the_thread_or_named_twice_are_ignored_and_noted() -> None:
    answer = efficiency_answer("FRICTION", friction=[friction(1), friction(1, "user"), friction(6), friction(-1)])
    outcome = await EfficiencyEvaluator(EvaluatorOptions()).judge_by_model(
        dialogue(6), RecordingJudge(lambda question: answer)
    )
    assert [(turn["index"], turn["cause"]) for turn in entries(outcome.result, "friction")] == [(1, "bot")]
    assert outcome.result["ignored"] == [1, 6, -1]


def window_by_window(question: Question[Any]) -> object:
    number = int(question.method.rpartition("window-")[2]) if "window" in question.method else 1
    turns = [friction(number * 15), friction(0 if number > 1 else 99)]
    if "summary" in question.answer.model_fields:
        return {"summary": f"summary of part {number}\nsecond line", "friction": turns}
    return efficiency_answer("ACCEPTABLE", friction=turns)


async def test_a_long_thread_is_asked_about_in_order_each_part_knowing_those_before() -> None:
    judge = RecordingJudge(window_by_window)
    outcome = await EfficiencyEvaluator(LONG).judge_by_model(dialogue(52), judge)
    assert judge.methods == ["efficiency", "efficiency/window-2", "efficiency/window-3"]
    first, second, third = judge.prompts
    assert list(sections(first)) == ["TRANSCRIPT"]
    assert sections(second)["EARLIER"].splitlines() == [
        "friction turns so far, by message index: 15 (bot)",
        "summary| summary of part 1",
        "summary| second line",
    ]
    assert sections(third)["EARLIER"].splitlines()[0] == "friction turns so far, by message index: 15 (bot), 30 (bot)"
    assert "summary| summary of part 2" in sections(third)["EARLIER"]
    assert "This is not the end of the conversation" in outside(second)
    assert "an index from 18 to 33" in outside(second)
    assert "This is the end of the conversation" in outside(third)
    assert outcome.verdict == "ACCEPTABLE"
    assert [turn["index"] for turn in entries(outcome.result, "friction")] == [15, 30, 45]
    assert outcome.result["ignored"] == [99, 0, 0]


def test_what_is_carried_forward_is_bounded() -> None:
    turns = tuple(FrictionTurn(index=n, reasoning="r" * 999, cause="bot", evidence=[]) for n in range(700))
    shown = show_earlier("line\n" * 100_000, [WindowTurns(turns, ())])
    assert len(shown) < 20_000
    assert "699 (bot), and 600 before these" in shown


async def test_without_a_user_message_there_is_no_task_to_judge() -> None:
    judge = RecordingJudge(window_by_window)
    outcome = await EfficiencyEvaluator(EvaluatorOptions()).judge_by_model(
        thread_of(say("assistant", "Hello?"), say("assistant", "Anybody?")), judge
    )
    assert (outcome.verdict, outcome.reason) == (None, "not_applicable")
    assert outcome.result["assistant_turns"] == 1
    assert judge.questions == []
