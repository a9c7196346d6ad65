"""What a reader is told about the figures: the budget's end, failures with their bounds, prices, lost answers."""

from decimal import Decimal
from typing import Any

import pytest

from storage.records import BudgetLimit, SuccessFigures
from tasks.reports.summary import Circumstances
from tests.tasks.reports.summaries import RUN_ID, figures_of, summary_of

PERFECT = {name: {"": 10} for name in ("intent", "correctness", "efficiency")}


def notes_of(unscored: dict[str, int] | None = None, used: dict[str, Any] | None = None, **changed: Any) -> list[str]:
    figures = figures_of(evaluators=PERFECT)
    circumstances = Circumstances.model_validate(changed)
    return list(summary_of(figures, circumstances=circumstances, unscored=unscored, **used or {}).notes)


def test_a_run_that_went_as_it_should_needs_no_note() -> None:
    assert notes_of({"not_applicable": 3}) == []


@pytest.mark.parametrize(
    ("budget", "limit", "options"),
    [
        (BudgetLimit(usd=Decimal("5.0")), "USD 5", "--budget-usd MORE"),
        (BudgetLimit(usd=Decimal("0.05")), "USD 0.05", "--budget-usd MORE"),
        (BudgetLimit(tokens=120_000), "120,000 tokens", "--budget-tokens MORE"),
        (BudgetLimit(usd=Decimal(100), tokens=9), "USD 100 and 9 tokens", "--budget-usd MORE --budget-tokens MORE"),
    ],
)
def test_the_end_of_the_budget_is_said_plainly_with_how_to_go_on(budget: BudgetLimit, limit: str, options: str) -> None:
    assert notes_of({"budget": 12}, budget=budget) == [
        f"stopped by the budget of {limit}: 12 of 30 units were not asked (unscored as budget); "
        f"go on with --resume {RUN_ID} {options}"
    ]


def test_what_failed_is_counted_by_reason_and_said_to_be_left_out_of_the_figures() -> None:
    (note,) = notes_of({"infra": 2, "refused": 1, "not_applicable": 4})
    assert note.startswith("3 of 30 units failed (infra 2, refused 1): the figures are over the others; worst and best")
    (note,) = notes_of({"infra": 2}, repeats=3)
    assert note.startswith("2 of 90 units failed (infra 2)")


def test_prices_that_are_missing_and_answers_that_may_be_lost_are_named() -> None:
    unpriced, lost = notes_of(used={"unpriced_models": ("openai:odd", "azure:mine")}, calls_lost_at_most=20)
    assert "no price is known for the models openai:odd, azure:mine: name" in unpriced
    assert (
        lost
        == "at most 20 calls were on the wire when a process of the run was stopped and may have been paid for twice"
    )
    assert notes_of(calls_lost_at_most=1)[0].startswith("at most 1 call was on the wire")


def test_a_budget_that_stops_repeats_stops_the_run_though_each_thread_has_a_score() -> None:
    summary = summary_of(
        figures_of(evaluators=PERFECT, success=SuccessFigures(true=10, unscored={})),
        circumstances=Circumstances(repeats=3, budget=BudgetLimit(tokens=9)),
        unscored={"budget": 7},
    )
    assert (summary.status, summary.unscored) == ("completed_with_errors", {"budget": 7})
    assert summary.notes[0].startswith("stopped by the budget of 9 tokens: 7 of 90 units")
