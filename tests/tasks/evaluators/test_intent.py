"""Intent: recorded against the label, else against the judge's finding; no call where labels settle everything."""

from typing import Any

import pytest

from storage.records import Message, Thread
from tasks.evaluators.base import EvaluatorOptions, Intent
from tasks.evaluators.intent import IntentEvaluator
from tasks.providers.base import Question
from tests.tasks.evaluators.recording_judge import (
    RecordingJudge,
    asked_indexes,
    entries,
    intent_found,
    say,
    sections,
    thread_of,
)

TAXONOMY = (Intent(name="Track Parcel", description="Where is it?"), Intent(name="refund"), Intent(name="greeting"))
OPTIONS = EvaluatorOptions(intents=TAXONOMY)


def user(recorded: str = "", expected: str = "", **fields: Any) -> Message:
    return say(
        "user",
        "where is my parcel",
        recorded_intents=(recorded,) if recorded else (),
        expected_intents=(expected,) if expected else (),
        **fields,
    )


def predicting(*found: dict[str, object]) -> RecordingJudge:
    return RecordingJudge(lambda question: {"messages": list(found)})


async def judge_intent(thread: Thread, judge: RecordingJudge, options: EvaluatorOptions = OPTIONS) -> Any:
    return await IntentEvaluator(options).judge_by_model(thread, judge)


async def test_without_labels_the_bot_is_held_against_the_judge() -> None:
    thread = thread_of(user("track_parcel"), say("assistant", "At the depot."), user("refund"))
    judge = predicting(
        intent_found(0, "TRACK-parcel", evidence=[{"index": 0, "quote": "Where is my parcel"}]),
        intent_found(2, "greeting", confidence=0.4, evidence=[{"index": 2, "quote": "hello"}]),
    )
    outcome = await judge_intent(thread, judge)
    (question,) = judge.questions
    assert (question.method, asked_indexes(question)) == ("intent", [0, 2])
    assert list(sections(question.prompt)) == ["TAXONOMY", "TRANSCRIPT"]
    assert '{"name": "Track Parcel", "description": "Where is it?"}' in sections(question.prompt)["TAXONOMY"]
    assert (outcome.verdict, outcome.score, outcome.reason) == (None, 0.5, None)
    first, second = entries(outcome.result)
    assert (first["predicted"], first["compared_with"], first["correct"]) == (["Track Parcel"], "judge", True)
    assert (second["predicted"], second["compared_with"], second["correct"]) == (["greeting"], "judge", False)
    assert second["confidence"] == 0.4
    assert first["evidence"] == [{"index": 0, "quote": "Where is my parcel", "found": True}]
    assert second["evidence"] == [{"index": 2, "quote": "hello", "found": False}]
    assert (outcome.result["compared"], outcome.result["correct"]) == (2, 1)
    assert outcome.result["invented_evidence"] == 1


async def test_what_the_bot_recorded_and_the_labels_are_not_shown_to_the_judge() -> None:
    judge = predicting(intent_found(0, "refund"), intent_found(1, "refund"))
    secret = user("recorded_by_bot", recorded_query_type="type_by_bot")
    await judge_intent(thread_of(secret, user("recorded_by_bot", "label_by_hand")), judge)
    (question,) = judge.questions
    for word in ("recorded_by_bot", "type_by_bot", "label_by_hand"):
        assert word not in question.prompt + question.system


async def test_a_label_goes_before_the_judge_whose_finding_is_stored_beside_it() -> None:
    thread = thread_of(user("refund", "Refund"), user("refund"))
    outcome = await judge_intent(thread, predicting(intent_found(0, "greeting"), intent_found(1, "refund")))
    labelled, free = entries(outcome.result)
    assert (labelled["compared_with"], labelled["correct"], labelled["predicted"]) == ("label", True, ["greeting"])
    assert labelled["reasoning"] == "Recorded refund; the label is Refund. because of 0"
    assert (free["compared_with"], free["correct"]) == ("judge", True)
    assert outcome.score == 1


async def test_where_labels_settle_everything_no_call_is_made() -> None:
    thread = thread_of(user("refund", "REFUND"), say("assistant", "Done."), user("a", "b"))
    judge = predicting()
    outcome = await judge_intent(thread, judge)
    assert judge.questions == []
    assert outcome.score == 0.5
    assert outcome == IntentEvaluator(OPTIONS).judge_by_rules(thread)


async def test_without_taxonomy_and_labels_nothing_is_asked_and_nothing_compared() -> None:
    judge = predicting()
    outcome = await judge_intent(thread_of(user("refund"), user()), judge, EvaluatorOptions())
    assert judge.questions == []
    assert (outcome.score, outcome.reason) == (None, "not_applicable")


async def test_where_nothing_is_recorded_the_finding_is_stored_and_nothing_compared() -> None:
    thread = thread_of(user(), user("", "refund"))
    outcome = await judge_intent(thread, predicting(intent_found(0, "refund"), intent_found(1, "refund")))
    assert (outcome.score, outcome.reason) == (None, "not_applicable")
    assert [(e["predicted"], e["compared_with"], e["correct"]) for e in entries(outcome.result)] == [
        (["refund"], None, None),
        (["refund"], None, None),
    ]


async def test_no_name_of_the_taxonomy_may_fit() -> None:
    outcome = await judge_intent(thread_of(user("refund")), predicting(intent_found(0)))
    (entry,) = entries(outcome.result)
    assert (entry["predicted"], entry["correct"]) == ([], False)


async def test_several_intents_are_compared_as_sets() -> None:
    message = say("user", "refund it, and where is it", recorded_intents=("refund", "track parcel"))
    outcome = await judge_intent(
        thread_of(message), predicting(intent_found(0, "Track Parcel", "refund", "track-parcel"))
    )
    (entry,) = entries(outcome.result)
    assert (entry["predicted"], entry["correct"]) == (["Track Parcel", "refund"], True)


async def test_a_name_outside_the_taxonomy_is_asked_for_once_more() -> None:
    def second_time_right(question: Question[Any]) -> object:
        names = ["refund"] if question.method.endswith("/missing") else ["made up"]
        return {"messages": [intent_found(index, *names) for index in asked_indexes(question)]}

    judge = RecordingJudge(second_time_right)
    outcome = await judge_intent(thread_of(user("refund")), judge)
    assert judge.methods == ["intent", "intent/missing"]
    assert outcome.score == 1


async def test_a_message_left_out_twice_is_named_and_not_counted() -> None:
    judge = predicting(intent_found(0, "refund"))
    outcome = await judge_intent(thread_of(user("refund"), user("refund"), user("refund", "greeting")), judge)
    assert asked_indexes(judge.questions[1]) == [1]
    assert outcome.result["unscored"] == [1]
    assert outcome.score == 0.5


async def test_a_thread_whose_every_message_is_left_out_twice_is_unparseable() -> None:
    judge = predicting(intent_found(1, "refund"))
    outcome = await judge_intent(thread_of(user("refund")), judge)
    assert (outcome.score, outcome.reason) == (None, "unparseable")
    assert outcome.detail == "the judge twice gave no intent of the taxonomy for messages [0]"
    assert outcome.result["ignored"] == [1, 1]


async def test_query_types_are_compared_with_the_label_or_with_the_judge() -> None:
    options = EvaluatorOptions(intents=TAXONOMY, query_types=("product", "smalltalk"))
    thread = thread_of(
        user("refund", recorded_query_type="Product"),
        user("refund", recorded_query_type="product", expected_query_type="smalltalk"),
        user("refund"),
    )
    judge = predicting(*(intent_found(index, "refund", query_type="PRODUCT") for index in range(3)))
    outcome = await judge_intent(thread, judge, options)
    assert sections(judge.prompts[0])["QUERY TYPES"] == '"product"\n"smalltalk"'
    assert [(e["predicted_query_type"], e["query_type_correct"]) for e in entries(outcome.result)] == [
        ("product", True),
        ("product", False),
        ("product", None),
    ]


async def test_only_windows_with_something_open_are_asked_about() -> None:
    labelled = user("refund", "refund")
    thread = thread_of(*[labelled] * 40, *[user("refund")] * 2, *[labelled] * 40)
    judge = RecordingJudge(
        lambda question: {"messages": [intent_found(index, "refund") for index in asked_indexes(question)]}
    )
    outcome = await judge_intent(thread, judge, EvaluatorOptions(intents=TAXONOMY, window_messages=20))
    assert len(judge.questions) == 1
    assert {40, 41} <= set(asked_indexes(judge.questions[0]))
    assert (outcome.score, outcome.result["compared"]) == (1, 82)


@pytest.mark.parametrize(("given", "stored"), [(0.0, 0.0), (1, 1.0), (95, None), (-0.1, None), (None, None)])
async def test_a_confidence_that_is_none_is_not_stored(given: float | None, stored: float | None) -> None:
    outcome = await judge_intent(thread_of(user("refund")), predicting(intent_found(0, "refund", confidence=given)))
    (entry,) = entries(outcome.result)
    assert entry["confidence"] == stored
