"""The summary in the terminal: what it says, and that no text from the data drives the terminal."""

from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from storage.records import Run, Snapshot
from tasks.reports.summary import RunSummary
from tasks.reports.terminal import cost, print_summary
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
