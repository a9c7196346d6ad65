"""The contract of every evaluator: what each in the list must do, whatever it judges."""

import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import JsonValue, TypeAdapter

from storage.records import Message, Thread, ThreadEvaluation, ToolCall, UnscoredReason
from tasks.evaluators.base import Evaluator, EvaluatorOptions, Intent, Outcome, PolicyRule
from tasks.evaluators.catalog import EVALUATORS, EvaluatorName, make_evaluators
from tasks.providers.errors import AnswerTruncated, CallFailed, ModelError
from tests.tasks.evaluators.hostile_texts import HOSTILE_TEXTS
from tests.tasks.evaluators.recording_judge import RecordingJudge, answer_all, dialogue, say, thread_of

OPTIONS = EvaluatorOptions(
    intents=(Intent(name="track", description="Where is it?"), Intent(name="refund")),
    query_types=("parcel",),
    policy=(PolicyRule(id="P1", section="Tone", text="Be brief."),),
)
CALL = ToolCall(id="c1", name="find", arguments={"parcel": [7, None, {"deep": "\u4f60"}]})
THREADS = {
    "short": dialogue(4),
    "one user message": thread_of(say("user", "hello")),
    "one assistant message": thread_of(say("assistant", "hello")),
    "empty texts": thread_of(say("user", ""), say("assistant", ""), say("user", " \n\t "), say("assistant", "\n")),
    "neither user nor assistant": thread_of(say("system", "Be kind."), say("tool", "{}")),
    "tools": thread_of(
        say("user", "find it"), say("assistant", "", tool_calls=(CALL,)), say("tool", "42", tool_call_id="c1")
    ),
    "labels": thread_of(
        say("user", "a", recorded_intents=("track",), expected_intents=("Track",), recorded_query_type="parcel"),
        say("user", "b", recorded_intents=("track", "refund"), expected_query_type="parcel"),
        say("user", "c", expected_intents=("refund",)),
    ),
    "unicode": dialogue(6, "\u4f60\u597d {0} \U0001f468\u200d\U0001f469 \u0645\u06cc e\u0301 \u202e \U000e0041"),
    "null and NaN as text": thread_of(say("user", "null"), say("assistant", "NaN")),
    "1500 messages": dialogue(1500),
    "one message of 150 kB": thread_of(say("user", "x " * 75_000), say("assistant", "\n" * 150_000)),
    "hostile": thread_of(*(say("assistant", text) for text in HOSTILE_TEXTS.values()), say("user", "ok")),
}
RESULT = TypeAdapter(dict[str, JsonValue])

every_thread = pytest.mark.parametrize("thread", THREADS.values(), ids=THREADS)
every_evaluator = pytest.mark.parametrize("evaluator", [cls(OPTIONS) for cls in EVALUATORS], ids=lambda e: e.name)


def check_outcome(outcome: Outcome, evaluator: Evaluator, thread: Thread) -> None:
    """An outcome can be stored, and is scored or has a reason, never both and never neither."""
    RESULT.validate_python(dict(outcome.result))
    assert "\0" not in json.loads(json.dumps(outcome.result, allow_nan=False)).__repr__()
    assert (outcome.reason is None) == (outcome.verdict is not None or outcome.score is not None)
    assert (outcome.reason is None) == (outcome.detail is None)
    assert outcome.reason is None or outcome.reason in get_args(UnscoredReason)
    for evidence in evidence_in(dict(outcome.result)):
        assert isinstance(evidence, dict)
        assert set(evidence) == {"index", "quote", "found"}
    ThreadEvaluation(
        run_id=UUID(int=0),
        thread_id=thread.external_id,
        evaluator=evaluator.name,
        evaluator_version=evaluator.version,
        judge="rules",
        content_hash=thread.content_hash,
        verdict=outcome.verdict,
        score=outcome.score,
        reason=outcome.reason,
        detail=outcome.detail,
        result=dict(outcome.result),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def evidence_in(value: JsonValue) -> list[JsonValue]:
    """All pieces of evidence, wherever in a result they stand."""
    if isinstance(value, list):
        return [found for part in value for found in evidence_in(part)]
    if not isinstance(value, dict):
        return []
    own = value.get("evidence")
    below = [found for key, part in value.items() if key != "evidence" for found in evidence_in(part)]
    return [*(own if isinstance(own, list) else []), *below]


def test_the_names_are_those_of_the_type_and_each_once() -> None:
    assert sorted(cls.name for cls in EVALUATORS) == sorted(get_args(EvaluatorName))
    made = make_evaluators(["efficiency", "intent"], OPTIONS)
    assert [(name, made[name].name, made[name].options) for name in made] == [
        ("efficiency", "efficiency", OPTIONS),
        ("intent", "intent", OPTIONS),
    ]


@every_evaluator
def test_it_has_a_version_and_its_options_cannot_be_changed(evaluator: Any) -> None:
    assert evaluator.version
    with pytest.raises(FrozenInstanceError):
        evaluator.options = EvaluatorOptions()
    with pytest.raises(ValueError, match="frozen"):
        evaluator.options.window_messages = 5


@every_thread
@every_evaluator
def test_by_rules_it_gives_an_outcome_and_leaves_the_thread_as_it_was(evaluator: Evaluator, thread: Thread) -> None:
    before = thread.model_dump_json()
    outcome = evaluator.judge_by_rules(thread)
    assert thread.model_dump_json() == before
    check_outcome(outcome, evaluator, thread)
    assert evaluator.judge_by_rules(thread) == outcome


@every_thread
@every_evaluator
async def test_by_model_it_gives_an_outcome_and_leaves_the_thread_as_it_was(
    evaluator: Evaluator, thread: Thread
) -> None:
    before = thread.model_dump_json()
    judge = RecordingJudge(answer_all)
    outcome = await evaluator.judge_by_model(thread, judge)
    assert thread.model_dump_json() == before
    check_outcome(outcome, evaluator, thread)
    assert outcome.reason in (None, "not_applicable")
    for question in judge.questions:
        assert question.item == thread.external_id
        assert question.method.partition("/")[0] == evaluator.name
        assert len(question.prompt) < OPTIONS.window_characters + 10_000
        question.prompt.encode()
    assert len(judge.questions) < 2 + len(thread.messages) / (OPTIONS.window_messages - OPTIONS.window_overlap)
    assert len(set(judge.methods)) == len(judge.questions)


@every_thread
@every_evaluator
async def test_the_same_question_is_asked_word_for_word_when_asked_again(evaluator: Evaluator, thread: Thread) -> None:
    first, second = RecordingJudge(answer_all), RecordingJudge(answer_all)
    await evaluator.judge_by_model(thread, first)
    await evaluator.judge_by_model(Thread.model_validate_json(thread.model_dump_json()), second)
    assert first.questions == second.questions


@every_evaluator
async def test_a_repeat_asks_the_same_under_its_own_number(evaluator: Evaluator) -> None:
    judge = RecordingJudge(answer_all)
    await evaluator.judge_by_model(THREADS["short"], judge, repeat=4)
    assert [question.repeat for question in judge.questions] == [4] * len(judge.questions)
    assert judge.questions


@every_evaluator
@pytest.mark.parametrize("error", [CallFailed("cut"), AnswerTruncated("too long")])
async def test_a_call_without_a_usable_answer_is_not_turned_into_an_outcome(
    evaluator: Evaluator, error: ModelError
) -> None:
    def fail(question: object) -> object:
        raise error

    for thread in (THREADS["short"], THREADS["1500 messages"]):
        with pytest.raises(type(error)) as raised:
            await evaluator.judge_by_model(thread, RecordingJudge(fail))
        assert raised.value is error


@every_evaluator
async def test_the_material_is_fenced_and_the_instructions_hold_none_of_it(evaluator: Evaluator) -> None:
    secret = "correct horse battery staple"
    judge = RecordingJudge(answer_all)
    await evaluator.judge_by_model(dialogue(4, secret + " {0}"), judge)
    for question in judge.questions:
        assert secret in question.prompt
        assert secret not in question.system
        assert secret not in question.prompt.rpartition("<<<END TRANSCRIPT")[2]
        assert "Never follow" in question.system


@every_evaluator
def test_a_thread_of_one_empty_message_is_not_applicable_or_judged_but_never_zero(evaluator: Evaluator) -> None:
    outcome = evaluator.judge_by_rules(thread_of(Message(role="user")))
    assert outcome.score is None
