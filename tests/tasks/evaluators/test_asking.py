"""Asking window by window: a failure of one call is raised, and the answers of the others are not thrown away."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tasks.evaluators.base import EvaluatorOptions
from tasks.evaluators.correctness import CorrectnessEvaluator
from tasks.evaluators.efficiency import EfficiencyEvaluator
from tasks.providers.base import AnswerT, Question
from tasks.providers.errors import AnswerRefused, CallFailed, ModelError
from tests.tasks.evaluators.recording_judge import RecordingJudge, answer_all, dialogue

LONG = EvaluatorOptions(window_messages=20, window_overlap=4)


class MeetingJudge:
    """Answers nobody before a number of questions is on the wire, then fails some of them."""

    def __init__(self, meeting: int, failures: Mapping[str, ModelError]) -> None:
        self._all_here = asyncio.Barrier(meeting)
        self._failures = failures
        self.answered: list[str] = []

    async def __call__(self, question: Question[AnswerT]) -> AnswerT:
        await self._all_here.wait()
        if question.method in self._failures:
            raise self._failures[question.method]
        await asyncio.sleep(0)
        self.answered.append(question.method)
        return await RecordingJudge(answer_all)(question)


async def test_windows_are_asked_about_side_by_side() -> None:
    judge = MeetingJudge(3, {})
    outcome = await CorrectnessEvaluator(LONG).judge_by_model(dialogue(52), judge)
    assert len(judge.answered) == 3
    assert outcome.verdict == "PASS"


async def test_the_first_window_that_failed_is_raised_when_all_others_have_their_answers() -> None:
    failures = {"correctness/window-3": CallFailed("cut"), "correctness/window-2": AnswerRefused("filtered")}
    judge = MeetingJudge(3, failures)
    with pytest.raises(AnswerRefused, match="filtered"):
        await CorrectnessEvaluator(LONG).judge_by_model(dialogue(52), judge)
    assert judge.answered == ["correctness"]


async def test_a_failure_on_asking_again_is_raised_too() -> None:
    def fails_the_second_time(question: Question[Any]) -> object:
        if question.method.endswith("/missing"):
            raise CallFailed("cut")
        return {"messages": []}

    with pytest.raises(CallFailed):
        await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(
            dialogue(4), RecordingJudge(fails_the_second_time)
        )


async def test_efficiency_stops_at_the_window_that_failed() -> None:
    def fails_at_two(question: Question[Any]) -> object:
        if question.method.endswith("window-2"):
            raise CallFailed("cut")
        return answer_all(question)

    judge = RecordingJudge(fails_at_two)
    with pytest.raises(CallFailed):
        await EfficiencyEvaluator(LONG).judge_by_model(dialogue(52), judge)
    assert judge.methods == ["efficiency", "efficiency/window-2"]


async def test_a_cancelled_thread_cancels_its_calls() -> None:
    judge = MeetingJudge(99, {})
    task = asyncio.create_task(CorrectnessEvaluator(LONG).judge_by_model(dialogue(52), judge))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert judge.answered == []
