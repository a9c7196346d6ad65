"""How bad a thread came out: its success, its place, and the line that says why."""

import pytest

from tasks.reports.severity import main_finding, severity, thread_success
from tests.tasks.reports.sample_bad_thread import bad_thread
from tests.tasks.reports.sample_evaluations import JSONObject, conversation, evaluated
from tests.tasks.reports.sample_threads import unscored_thread

THREAD = conversation("one", "Hello?", "Hello.")


@pytest.mark.parametrize(
    ("correctness", "efficiency", "success"),
    [
        ("PASS", "EFFICIENT", True),
        ("NOT APPLICABLE", "ACCEPTABLE", True),
        ("SOFT FAIL", "FRICTION", True),
        ("HARD FAIL", "EFFICIENT", False),
        ("CRITICAL", "FRICTION", False),
        ("PASS", "BROKEN", False),
        ("PASS", "INCOMPLETE", False),
        (None, "BROKEN", None),
        ("CRITICAL", None, None),
        (None, None, None),
    ],
)
def test_success_needs_both_verdicts_and_both_good_enough(
    correctness: str | None, efficiency: str | None, success: bool | None
) -> None:
    verdicts = {"correctness": correctness, "efficiency": efficiency}
    evaluations = [
        evaluated(THREAD, name, verdict, reason=None if verdict else "infra") for name, verdict in verdicts.items()
    ]
    assert thread_success(evaluations) is success


def test_success_is_not_known_where_an_evaluator_did_not_run() -> None:
    assert thread_success([evaluated(THREAD, "correctness", "PASS")]) is None
    assert thread_success([]) is None


def test_a_fault_found_beside_an_unscored_verdict_comes_before_what_is_only_unscored() -> None:
    fault = [evaluated(THREAD, "correctness", "SOFT FAIL"), evaluated(THREAD, "efficiency", reason="infra")]
    praise = [evaluated(THREAD, "correctness", "PASS"), evaluated(THREAD, "efficiency", reason="infra")]
    assert severity(fault) < severity(praise)


def test_of_two_equal_verdicts_the_lower_score_is_worse_and_no_score_is_no_zero() -> None:
    low, high, none = ([evaluated(THREAD, "intent", score=score)] for score in (0.2, 0.9, None))
    assert severity(low) < severity(high) < severity(none)


def test_the_main_finding_is_what_was_said_on_the_worst_message() -> None:
    assert (
        main_finding(bad_thread().evaluations) == "Says the parcel was delivered; the tool says it is still in transit."
    )


def test_without_a_finding_the_reason_for_being_unscored_is_told() -> None:
    assert main_finding(unscored_thread(1).evaluations) == "The judge did not answer: time-out after 60 s."


@pytest.mark.parametrize(
    ("result", "line"),
    [
        ({"policy": [{"status": "VIOLATED", "reasoning": "a rule"}, None, 3]}, "a rule"),
        ({"failure_reason": "  it \n broke  "}, "it broke"),
        ({"friction": [{"reasoning": "asked again"}]}, "asked again"),
        ({"messages": [{"correct": True, "reasoning": "right"}, {"correct": False, "reasoning": "wrong"}]}, "wrong"),
        ({"messages": "no list", "policy": {"status": "VIOLATED"}, "failure_reason": 7}, None),
        ({"failure_reason": "x" * 1000}, "x" * 300),
    ],
)
def test_a_finding_is_read_from_whatever_the_result_holds(result: JSONObject, line: str | None) -> None:
    assert main_finding([evaluated(THREAD, "anything", result=result)]) == line
