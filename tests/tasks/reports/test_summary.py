"""The summary of a run, from its counts."""

import pytest

from storage.records import SuccessFigures, WorstThread
from tasks.reports.summarise import why
from tasks.reports.summary import RunSummary
from tasks.statistics.proportions import proportion
from tests.tasks.reports.summaries import NOTHING_COUNTED, figures_of, summary_of, unscored_figures


def test_a_summary_counts_rows_scored_and_unscored_by_evaluator_and_reason() -> None:
    summary = summary_of(figures_of())
    correctness = summary.evaluators["correctness"]
    assert (correctness.n, correctness.scored, correctness.unscored) == (10, 8, {"infra": 1, "not_applicable": 1})
    assert summary.unscored == {"infra": 1, "not_applicable": 1}
    assert (summary.items, summary.completed, summary.tokens.input, summary.tokens.output) == (10, 10, 1200, 340)


def test_success_is_a_share_of_the_scored_and_not_applicable_stands_outside() -> None:
    metric = summary_of(figures_of()).metrics["success_rate"]
    assert metric == proportion(6, 8, unscored=1)
    assert (metric.worst, metric.best) == (6 / 9, 7 / 9)


def test_labels_and_query_types_are_measured_only_where_there_are_any() -> None:
    metrics = summary_of(figures_of()).metrics
    assert list(metrics) == ["success_rate", "labelled_agreement", "intent_accuracy"]
    assert metrics["labelled_agreement"] == proportion(3, 4)
    more = figures_of(query_type=(1, 1, 2, 1, 4, 2), success=SuccessFigures(true=1, unscored={}))
    assert list(summary_of(more).metrics) == ["success_rate", "intent_accuracy", "query_type_accuracy"]


def test_intents_are_over_messages_with_those_that_should_have_been_compared() -> None:
    metric = summary_of(figures_of()).metrics["intent_accuracy"]
    assert (metric.value, metric.n, metric.unscored, metric.best) == (0.75, 20, 5, 0.8)


@pytest.mark.parametrize(
    ("evaluators", "names"),
    [(["intent"], ["intent_accuracy"]), (["correctness"], []), (["correctness", "efficiency"], ["success_rate"])],
)
def test_only_what_was_evaluated_is_measured(evaluators: list[str], names: list[str]) -> None:
    figures = figures_of(
        evaluators={name: {"": 10} for name in evaluators}, success=SuccessFigures(unscored={}), counts={}
    )
    summary = summary_of(figures)
    assert list(summary.metrics) == names
    assert ("success_status" in summary.counts) == ("success_rate" in names)


def test_of_a_run_that_scored_nothing_nothing_is_measured() -> None:
    summary = summary_of(unscored_figures())
    assert summary.status == "completed_with_errors"
    assert summary.unscored == {"infra": 30}
    for metric in summary.metrics.values():
        assert metric.value is metric.low is metric.high is None
        assert (metric.n, metric.worst, metric.best) == (0, 0.0, 1.0)
    assert summary.counts == {"success_status": {"unscored": 10}}


@pytest.mark.parametrize(
    ("reasons", "completed", "status"),
    [
        ({"": 10}, 10, "completed"),
        ({"": 8, "not_applicable": 2}, 10, "completed"),
        ({"": 9, "infra": 1}, 10, "completed_with_errors"),
        ({"": 9}, 9, "completed_with_errors"),
    ],
)
def test_a_run_is_complete_when_every_row_is_there_and_nothing_failed(
    reasons: dict[str, int], completed: int, status: str
) -> None:
    assert summary_of(figures_of(evaluators={"intent": reasons}, completed=completed)).status == status


@pytest.mark.parametrize(
    ("correctness", "efficiency", "accuracy", "said"),
    [
        ("CRITICAL", "BROKEN", 0.5, "correctness CRITICAL, efficiency BROKEN, intents 50% right"),
        ("PASS", "FRICTION", 1.0, "efficiency FRICTION"),
        (None, None, 0.0, "intents 0% right"),
        ("SOFT FAIL", "EFFICIENT", None, "correctness SOFT FAIL"),
    ],
)
def test_what_stands_against_a_thread_is_said(
    correctness: str | None, efficiency: str | None, accuracy: float | None, said: str
) -> None:
    thread = WorstThread(
        thread_id="t", worst_correctness=correctness, efficiency_verdict=efficiency, intent_accuracy=accuracy
    )
    assert why(thread) == said


def test_a_summary_comes_back_from_json_as_it_was() -> None:
    for figures in (figures_of(), unscored_figures(), figures_of(intent=NOTHING_COUNTED)):
        summary = summary_of(figures)
        assert RunSummary.model_validate(summary.model_dump(mode="json", by_alias=True)) == summary
