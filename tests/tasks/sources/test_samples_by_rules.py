"""The judge `rules` finds in the sample threads what is planted for it, and nothing in the clean ones."""

from typing import Any, cast

import pytest

from storage.records import Thread
from tasks.evaluators.base import Evaluator, EvaluatorOptions
from tasks.evaluators.catalog import make_evaluators
from tests.tasks.sources.sample_threads import FILES, METHODS, all_threads, defective, load, planted


def rules() -> dict[str, Evaluator]:
    return make_evaluators(METHODS, EvaluatorOptions())


def found_by_rules(thread: Thread) -> set[tuple[str, int]]:
    """Check and message index of everything the judge `rules` finds, the user's own slips left out."""
    results = {name: evaluator.judge_by_rules(thread).result for name, evaluator in rules().items()}
    entries: list[Any] = [*as_list(results["correctness"]["messages"]), *as_list(results["efficiency"]["friction"])]
    found = {(entry["check"], entry["index"]) for entry in entries if entry.get("cause") != "user"}
    for entry in as_list(results["intent"]["messages"]):
        if entry["correct"] is False or entry["query_type_correct"] is False:
            found.add(("wrong_intent", entry["index"]))
    if rules()["efficiency"].judge_by_rules(thread).verdict == "INCOMPLETE":
        found.add(("unanswered", as_list(results["efficiency"]["evidence"])[0]["index"]))
    return found


def as_list(value: Any) -> list[Any]:
    assert isinstance(value, list)
    return cast("list[Any]", value)


@pytest.mark.parametrize("file", FILES)
def test_rules_find_what_is_planted_for_them(file: str) -> None:
    wanted = {
        (defect["thread_id"], defect["kind"], defect["message_index"])
        for defect in planted()["planted"]
        if defect["file"] == file and defect["found_by"] == "rules"
    }
    found = {(id_, *finding) for id_, thread in load(file).items() for finding in found_by_rules(thread)}
    assert wanted - found == set()


@pytest.mark.parametrize("file", FILES)
def test_rules_find_nothing_in_the_clean_threads(file: str) -> None:
    found = {id_: found_by_rules(thread) for id_, thread in load(file).items() if id_ not in defective()}
    assert {id_: findings for id_, findings in found.items() if findings} == {}


@pytest.mark.parametrize("file", FILES)
def test_rules_leave_alone_what_only_a_judge_can_find(file: str) -> None:
    for defect in planted()["planted"]:
        if defect["file"] == file and defect["found_by"] == "judge":
            found = found_by_rules(load(file)[defect["thread_id"]])
            assert defect["message_index"] not in {index for _, index in found}, defect


def test_rules_decide_the_efficiency_that_can_be_computed() -> None:
    decided = {
        id_: outcome.verdict
        for id_, thread in all_threads().items()
        if (outcome := rules()["efficiency"].judge_by_rules(thread)).verdict
    }
    assert decided["pp-1003"] == "BROKEN"
    assert decided["hb-209"] == "INCOMPLETE"
    assert decided["pp-1013"] == decided["pp-1023"] == "FRICTION"
    assert all(id_ in defective() for id_ in decided)
