"""The summary in the terminal: what it says, and that no text from the data drives the terminal."""

from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from storage.records import Run, Snapshot
from tasks.reports.summary import Circumstances, RunSummary
from tasks.reports.terminal import print_summary
from tasks.reports.words import cost
from tasks.statistics.agreement import retest_agreement
from tests.tasks.reports.summaries import HOSTILE, figures_of, hostile_summary, run_of, summary_of, unscored_figures


def printed(summary: RunSummary, run: Run) -> str:
    """What a terminal without colours shows."""
    console = Console(file=StringIO(), width=200, force_terminal=False, color_system=None)
    print_summary(summary, run, console)
    return console.file.getvalue()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def test_a_summary_says_what_was_found_and_how_to_see_more() -> None:
    text = printed(summary_of(figures_of()), run_of())
    for said in (
        "shop.csv by rules (completed_with_errors, 12.3 s)",
        "10 of 10 threads, app shop, 1,200 tokens in, 340 out, cost not known",
        "66.7-77.8 %",
        "infra 1, not_applicable 1",
        "1. t1: correctness CRITICAL, intents 50% right",
        f"evalflows runs show {run_of().id} threads",
    ):
        assert said in text


def test_what_was_not_measured_is_said_to_be_so_and_never_zero() -> None:
    lines = printed(summary_of(unscored_figures()), run_of()).splitlines()
    (success,) = (line for line in lines if line.startswith("Success rate"))
    assert "not measured" in success
    assert "0.0 %" not in success.partition("not measured")[0]
    assert "Worst threads" not in "".join(lines)


def test_nothing_from_the_data_drives_the_terminal() -> None:
    snapshot = Snapshot(source="a", threads=1, messages=1, hash="h", bad_rows=1, bad_row_examples=(HOSTILE,))
    text = printed(hostile_summary(), run_of(name=HOSTILE, app=HOSTILE, snapshot=snapshot))
    assert not {c for c in text if not c.isprintable()} - {"\n"}
    assert "[red]x[/red]" in text
    assert "\\x1b[31m" in text


@pytest.mark.parametrize(
    ("cost_usd", "said"), [(None, "cost not known"), (Decimal("0.0123"), "0.0123 USD"), (Decimal(0), "0.0000 USD")]
)
def test_a_cost_that_is_not_known_is_not_zero(cost_usd: Decimal | None, said: str) -> None:
    assert cost(summary_of(figures_of(), cost_usd)) == f"1,200 tokens in, 340 out, {said}"


def test_the_calls_of_the_judge_are_told() -> None:
    used: dict[str, Any] = {"attempts": 1205, "repairs": 4, "reused": 1, "tokens_cached": 300, "tokens_reasoning": 40}
    text = printed(summary_of(figures_of(), **used), run_of())
    assert "1,200 tokens in (300 cached), 340 out (40 reasoning), cost not known\n" in text
    assert "\n1,204 calls (4 of them to repair an answer), 1 answer reused from earlier runs\n\nMetrics" in text


def test_repeats_are_shown_with_their_agreement() -> None:
    agreement = {
        "correctness": retest_agreement([({"PASS": 3}, 3), ({"PASS": 2, "HARD FAIL": 1}, 1)]),
        "efficiency": retest_agreement([({"EFFICIENT": 3}, 4)]),
        "intent": retest_agreement([]),
    }
    circumstances = Circumstances(repeats=3, reducer="median", agreement=agreement)
    text = printed(summary_of(figures_of(), circumstances=circumstances), run_of())
    lines = [line.rstrip() for line in text.splitlines()]
    assert "3 calls, 3 repeats, by median" in lines
    place = lines.index("Agreement of repeats")
    assert [line.split("  ")[0] for line in lines[place + 2 : place + 5]] == ["correctness", "efficiency", "intent"]
    assert [line.split()[1:] for line in lines[place + 2 : place + 5]] == [
        ["83.3", "%", "0.000", "4"],
        ["100.0", "%", "not", "defined", "4"],
        ["not", "measured", "not", "defined", "0"],
    ]


def test_failures_stand_there_with_what_they_could_change() -> None:
    text = printed(summary_of(figures_of()), run_of())
    assert "1 of 30 units failed (infra 1): the figures are over the others; worst and best case say what" in text


def test_a_run_in_which_nothing_was_evaluated_shows_no_empty_tables() -> None:
    empty: dict[str, Any] = {"metrics": {}, "counts": {}, "evaluators": {}, "worst_threads": (), "notes": ("dry run",)}
    text = printed(summary_of(unscored_figures()).model_copy(update=empty), run_of())
    lines = [line.rstrip() for line in text.splitlines()]
    assert "dry run" in lines
    assert not {"Metrics", "Counts", "Evaluators", "Agreement of repeats"} & set(lines)


def test_odd_input_is_told() -> None:
    snapshot = Snapshot(
        source="a",
        threads=1,
        messages=1,
        hash="h",
        bad_rows=2,
        bad_row_examples=("a.csv, line 3: no",),
        duplicate_ids=4,
    )
    text = printed(summary_of(figures_of()), run_of(snapshot=snapshot))
    assert "2 bad rows left out:\n  a.csv, line 3: no" in text
    assert "4 thread ids repeated and were made unique" in text
