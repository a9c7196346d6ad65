"""The judge `rules`: three evaluators, silent where only a judge could tell."""

from typing import Any

import orjson
import pytest

from storage.records import Message, Thread
from tasks.evaluators.base import EvaluatorOptions, Outcome
from tasks.evaluators.rules.catalog import CHECKS, chosen_checks
from tasks.evaluators.rules.judge import judge_correctness, judge_efficiency, judge_intent
from tests.tasks.evaluators.rules.talks import say, talk, thread_of

OPTIONS = EvaluatorOptions()
ERROR = "Error: upstream timed out (504)"


def result(outcome: Outcome) -> Any:
    """The result as it reaches the database and comes back."""
    return orjson.loads(orjson.dumps(dict(outcome.result)))


def labelled(recorded: str, expected: str, **fields: Any) -> Message:
    return say(
        "user", "text", recorded_intents=tuple(recorded.split()), expected_intents=tuple(expected.split()), **fields
    )


def test_every_check_has_a_name_of_its_own_and_kinds() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.kinds for check in CHECKS)


def test_the_checks_on_by_default_leave_out_the_doubtful_ones() -> None:
    off = {check.name for check in CHECKS} - {check.name for check in chosen_checks(None)}
    assert off == {"bracket_slot", "not_understood"}


def test_checks_are_chosen_by_name_in_the_order_of_the_catalogue() -> None:
    assert [check.name for check in chosen_checks(["unanswered", "error_text"])] == ["error_text", "unanswered"]
    assert chosen_checks([]) == ()


def test_an_unknown_check_is_refused_with_the_known_names() -> None:
    with pytest.raises(ValueError, match=r"unknown check 'speling'; known are: error_text, .*unanswered"):
        chosen_checks(["error_text", "speling"])


def test_intents_are_compared_whatever_their_spelling() -> None:
    thread = thread_of(labelled("track_order", "Track-Order"), labelled("a b", "B A"), labelled("refund", "repair"))
    outcome = judge_intent(thread, OPTIONS)
    assert (outcome.verdict, outcome.score, outcome.reason) == (None, 2 / 3, None)
    assert (result(outcome)["compared"], result(outcome)["correct"]) == (3, 2)
    assert [entry["correct"] for entry in result(outcome)["messages"]] == [True, True, False]
    assert result(outcome)["messages"][2]["reasoning"] == "Recorded refund; the label is repair."


@pytest.mark.parametrize(("recorded", "expected"), [("", "refund"), ("refund", ""), ("", "")])
def test_without_both_sides_nothing_is_compared(recorded: str, expected: str) -> None:
    outcome = judge_intent(thread_of(labelled(recorded, expected)), OPTIONS)
    assert (outcome.score, outcome.reason) == (None, "not_applicable")
    assert result(outcome)["messages"] == []


def test_query_types_are_compared_beside_and_without_intents() -> None:
    types = {"recorded_query_type": "Question", "expected_query_type": "question"}
    outcome = judge_intent(thread_of(labelled("", "", **types), labelled("a", "a", **types)), OPTIONS)
    assert [entry["query_type_correct"] for entry in result(outcome)["messages"]] == [True, True]
    assert [entry["compared_with"] for entry in result(outcome)["messages"]] == [None, "label"]
    assert (result(outcome)["compared"], outcome.score) == (1, 1.0)


def test_labels_of_bot_messages_are_not_compared() -> None:
    reply = say("assistant", "hi", recorded_intents=("a",), expected_intents=("b",))
    assert judge_intent(thread_of(reply), OPTIONS).reason == "not_applicable"


def test_the_threads_correctness_is_the_worst_finding() -> None:
    reply = "Hi [FIRST_NAME], 3 x $2 = $7. See you.</s>"
    outcome = judge_correctness(talk("How much?", reply), OPTIONS)
    assert (outcome.verdict, outcome.reason) == ("HARD FAIL", None)
    entries = result(outcome)["messages"]
    assert {entry["check"]: entry["verdict"] for entry in entries} == {
        "placeholder": "SOFT FAIL",
        "leaked_markup": "SOFT FAIL",
        "arithmetic": "HARD FAIL",
    }
    assert all(entry["index"] == 1 and entry["evidence"][0]["found"] for entry in entries)
    assert (result(outcome)["policy"], result(outcome)["unscored"]) == ([], [])


@pytest.mark.parametrize("thread", [talk("How much?", "It is $7."), talk("How much?")])
def test_correctness_without_a_finding_is_for_a_judge(thread: Thread) -> None:
    outcome = judge_correctness(thread, OPTIONS)
    assert (outcome.verdict, outcome.score, outcome.reason) == (None, None, "not_applicable")
    assert result(outcome) == {"messages": [], "policy": [], "unscored": []}


def test_a_check_that_is_off_finds_nothing() -> None:
    thread = talk("How much?", "[Your Name] asks $7.")
    assert judge_correctness(thread, OPTIONS).reason == "not_applicable"
    assert judge_correctness(thread, EvaluatorOptions(checks=("bracket_slot",))).verdict == "SOFT FAIL"
    assert judge_correctness(talk("How much?", ERROR), EvaluatorOptions(checks=())).reason == "not_applicable"


VERDICTS = [
    (("Where is it?", ERROR), "BROKEN"),
    (("Where is it?", ERROR, "hello?"), "BROKEN"),
    (("Where is it?", "Which order?", "4471"), "INCOMPLETE"),
    (("Where is it?", "In York.", "That's not what I asked", "Oh, in Leeds."), "FRICTION"),
    (("Where is my tent?", "We open at nine.", "Where is my tent?", "In Leeds."), "FRICTION"),
    (("Where is it?", "In York.", "That's not what I asked"), "INCOMPLETE"),
]


@pytest.mark.parametrize(("texts", "verdict"), VERDICTS)
def test_efficiency_is_decided_by_the_gravest_finding(texts: tuple[str, ...], verdict: str) -> None:
    outcome = judge_efficiency(talk(*texts), OPTIONS)
    assert (outcome.verdict, outcome.reason) == (verdict, None)
    assert result(outcome)["evidence"][0]["found"]
    assert result(outcome)["reasoning"]


def test_a_broken_thread_says_why_it_failed() -> None:
    found = result(judge_efficiency(talk("Where is it?", ERROR), OPTIONS))
    assert (found["task_completed"], found["recovery"]) == (False, "FAILED")
    assert found["failure_reason"].startswith("The bot's last word is an error")


def test_a_slip_of_the_users_own_decides_nothing_but_is_kept() -> None:
    outcome = judge_efficiency(talk("Order 4471?", "In York.", "Oops, I meant order 4472.", "In Leeds."), OPTIONS)
    assert (outcome.verdict, outcome.reason) == (None, "not_applicable")
    (turn,) = result(outcome)["friction"]
    assert (turn["index"], turn["cause"], turn["check"]) == (2, "user", "user_correction")


def test_turns_are_counted_by_speaker_not_by_message() -> None:
    messages = (
        say("system", "Be kind."),
        say("user", "Hi"),
        say("user", "Where is it?"),
        say("assistant", "Let me look."),
        say("tool", "Leeds"),
        say("assistant", "In Leeds."),
        say("user", "Thanks!"),
    )
    found = result(judge_efficiency(thread_of(*messages), OPTIONS))
    assert (found["user_turns"], found["assistant_turns"]) == (2, 1)
    assert (found["task_completed"], found["recovery"]) == (None, None)
