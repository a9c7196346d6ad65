"""What a thread would be asked is measured without asking anybody."""

from typing import Any

import pytest

from storage.records import Thread
from tasks.costs.estimate import Asked
from tasks.estimate import SUMMARY_SO_FAR, measure
from tasks.evaluators.base import Evaluator, EvaluatorOptions, Intent
from tasks.evaluators.catalog import EVALUATORS, make_evaluators
from tests.tasks.evaluators.recording_judge import RecordingJudge, answer_all, dialogue, say, thread_of

SHORT, LONG = dialogue(4), dialogue(60)
WINDOWS = EvaluatorOptions(intents=(Intent(name="ask"),), window_messages=20, window_overlap=4)


def evaluator_of(name: str, options: EvaluatorOptions = WINDOWS) -> Evaluator:
    return make_evaluators([name], options)[name]


@pytest.mark.parametrize("name", [cls.name for cls in EVALUATORS])
@pytest.mark.parametrize("thread", [SHORT, LONG], ids=["one window", "several windows"])
async def test_every_first_question_is_measured_and_nothing_else(name: str, thread: Thread) -> None:
    judge = RecordingJudge(answer_all)
    await evaluator_of(name).judge_by_model(thread, judge)
    asked = await measure(evaluator_of(name), thread, 1)
    assert asked.questions == len(judge.questions)
    assert (len(judge.questions) > 1) == (thread is LONG)
    sent = sum(len(f"{question.system}{question.prompt}".encode()) for question in judge.questions)
    assert sent <= asked.size - asked.schemas <= sent + len(SUMMARY_SO_FAR) * (asked.questions - 1)
    assert 100 * asked.questions < asked.schemas < asked.size


async def test_repeats_multiply_what_is_asked() -> None:
    once, thrice, never = [await measure(evaluator_of("correctness"), SHORT, times) for times in (1, 3, 0)]
    assert (thrice.questions, thrice.size, thrice.schemas) == (3, 3 * once.size, 3 * once.schemas)
    assert never == Asked()


async def test_a_thread_that_needs_no_judge_is_not_asked_about() -> None:
    labelled = say("user", "Where is it?", recorded_intents=("ask",), expected_intents=("ask",))
    assert await measure(evaluator_of("intent"), thread_of(labelled), 1) == Asked()
    assert await measure(evaluator_of("correctness"), thread_of(labelled), 1) == Asked()


async def test_characters_of_several_bytes_count_as_several() -> None:
    plain, accented = [
        await measure(evaluator_of("efficiency"), dialogue(2, text * 1000), 1) for text in ("e", "\u00e9")
    ]
    assert accented.size - plain.size == pytest.approx(2000, abs=100)


async def test_an_error_of_the_evaluator_is_not_hidden() -> None:
    class Broken:
        name = version = "broken"

        async def judge_by_model(self, thread: Thread, ask: Any, repeat: int = 0) -> None:
            raise ZeroDivisionError

    broken: Any = Broken()
    with pytest.raises(ZeroDivisionError):
        await measure(broken, SHORT, 1)
