"""The summary as Markdown and as table rows: readable, and nothing from the data is markup."""

import re

from tasks.reports.markdown import summary_markdown, summary_rows
from tests.tasks.reports.summaries import HOSTILE, figures_of, hostile_summary, run_of, summary_of, unscored_figures


def test_a_page_says_what_was_found() -> None:
    page = summary_markdown(summary_of(figures_of()), run_of())
    assert page.startswith("# `shop.csv by rules`\n\n10 of 10 threads completed (completed_with_errors).\n")
    assert "| Success rate | 75.0 % | 40.9 to 92.9 % | 8 | 1 | 77.8 % | 66.7 % |" in page
    assert "- **Worst correctness**: `CRITICAL` 2, `PASS` 6" in page
    assert "Unscored rows: `infra` 1, `not_applicable` 1" in page
    assert "1. `t1`: correctness CRITICAL, intents 50% right" in page


def test_what_was_not_measured_is_said_to_be_so_and_never_zero() -> None:
    page = summary_markdown(summary_of(unscored_figures()), run_of())
    assert "| Success rate | not measured |  | 0 | 10 | 100.0 % | 0.0 % |" in page
    assert "| Intent accuracy | not measured |" in page
    rows = summary_rows(summary_of(unscored_figures()))
    assert [row["value"] for row in rows if row["figure"] in ("Success rate", "Intent accuracy")] == [
        "not measured"
    ] * 2


def test_nothing_from_the_data_becomes_markup() -> None:
    page = summary_markdown(hostile_summary(), run_of(name=HOSTILE))
    assert len(page.splitlines()) == len(summary_markdown(hostile_summary(), run_of()).splitlines())
    outside = re.sub(r"`[^`\n]*`", "", page)
    for sign in ("<", "[", "](", "://", "www.", "\x1b", "\u202e", "**bold", "`"):
        assert sign not in outside
    assert page.count("\n# ") == 0


def test_a_run_without_a_name_goes_by_its_id() -> None:
    assert summary_markdown(summary_of(figures_of()), run_of(name=None)).startswith(f"# `{run_of().id}`\n")


def test_a_table_has_a_row_for_each_metric_and_label() -> None:
    rows = summary_rows(summary_of(figures_of()))
    assert rows[0] == {"figure": "Success rate", "value": "75.0 %", "95 % interval": "40.9 to 92.9 %", "n": 8}
    assert {"figure": "Worst correctness: CRITICAL", "value": "2", "95 % interval": "", "n": 2} in rows
