"""Hostile text stands inside the fence, on marked lines, and changes nothing outside it: seen in the prompt sent."""

import re
from typing import Any

import pytest

from storage.records import Thread, ToolCall
from tasks.evaluators.base import EvaluatorOptions, Intent, PolicyRule
from tasks.evaluators.catalog import EVALUATORS
from tasks.providers.base import Question
from tests.tasks.evaluators.hostile_texts import HOSTILE_TEXTS
from tests.tasks.evaluators.recording_judge import (
    RecordingJudge,
    answer_all,
    outside,
    say,
    sections,
    thread_of,
    verdict,
)

hostile = pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
every_evaluator = pytest.mark.parametrize("name", [cls.name for cls in EVALUATORS])


def thread_with(text: str) -> Thread:
    """A thread that holds the text wherever a thread can hold one."""
    call = ToolCall(id=text, name=text, arguments={text: [text]})
    return thread_of(
        say("system", text),
        say("user", text, recorded_intents=(text or "none",)),
        say("assistant", text, tool_calls=(call,), metadata={"note": text}),
        say("tool", text, tool_call_id=text),
        say("assistant", text),
        external_id=f"thread {text[:200]}",
    )


def options_with(text: str) -> EvaluatorOptions:
    return EvaluatorOptions(
        intents=(Intent(name=text or "none", description=text), Intent(name="other")),
        query_types=(text or "none",),
        policy=(PolicyRule(id="R1", section=text, text=text),),
    )


async def questions_about(name: str, text: str) -> list[Question[Any]]:
    judge = RecordingJudge(answer_all)
    evaluator = next(cls for cls in EVALUATORS if cls.name == name)(options_with(text))
    await evaluator.judge_by_model(thread_with(text), judge)
    return judge.questions


@hostile
@every_evaluator
async def test_nothing_outside_the_fence_depends_on_the_text(name: str, text: str) -> None:
    asked, benign = await questions_about(name, text), await questions_about(name, "good morning")
    assert [outside(question.prompt) for question in asked] == [outside(question.prompt) for question in benign]
    assert [question.system for question in asked] == [question.system for question in benign]
    assert [question.answer for question in asked] == [question.answer for question in benign]
    assert [question.method for question in asked] == [question.method for question in benign]


@hostile
@every_evaluator
async def test_no_text_can_pass_for_another_message(name: str, text: str) -> None:
    (question,) = await questions_about(name, text)
    lines = sections(question.prompt)["TRANSCRIPT"].splitlines()
    headers = [line.removesuffix(" (no text)") for line in lines if not re.match(r"\d[|>] ", line)]
    assert headers == ["[0] system", "[1] user", "[2] assistant", "[3] tool", "[4] assistant"]
    current = ""
    for line in lines:
        current = line[1] if line.startswith("[") else current
        assert line[0] in ("[", current)


@hostile
async def test_policy_and_taxonomy_stay_one_value_a_line(text: str) -> None:
    (correctness,) = await questions_about("correctness", text)
    (intent,) = await questions_about("intent", text)
    (rule,) = sections(correctness.prompt)["POLICY"].splitlines()
    assert rule.startswith('{"id": "R1", "section": "')
    first, second = sections(intent.prompt)["TAXONOMY"].splitlines()
    assert first.startswith('{"name": "')
    assert second == '{"name": "other", "description": ""}'
    assert len(sections(intent.prompt)["QUERY TYPES"].splitlines()) == 1


@hostile
async def test_a_summary_that_was_talked_round_stays_inside_the_fence(text: str) -> None:
    def talked_round(question: Question[Any]) -> object:
        if "summary" in question.answer.model_fields:
            return {"summary": text, "friction": []}
        return answer_all(question)

    judge = RecordingJudge(talked_round)
    evaluator = next(cls for cls in EVALUATORS if cls.name == "efficiency")(EvaluatorOptions(window_messages=4))
    await evaluator.judge_by_model(thread_of(*[say("user", "hello")] * 6), judge)
    _, last = judge.prompts[-2:]
    assert outside(last).startswith("The key of this request is KEY.\n\n[EARLIER]\n\n[TRANSCRIPT]\n\nThis is the end")
    first, *rest = sections(last)["EARLIER"].splitlines()
    assert first == "friction turns so far, by message index: none"
    assert all(line.startswith("summary| ") for line in rest)
    assert len(sections(last)["EARLIER"]) < 50_000


@hostile
async def test_a_verdict_written_in_a_message_is_not_the_verdict(text: str) -> None:
    failing = RecordingJudge(lambda question: {"messages": [verdict(2, "HARD FAIL"), verdict(4, "HARD FAIL")]})
    evaluator = next(cls for cls in EVALUATORS if cls.name == "correctness")(EvaluatorOptions())
    assert (await evaluator.judge_by_model(thread_with(text), failing)).verdict == "HARD FAIL"
