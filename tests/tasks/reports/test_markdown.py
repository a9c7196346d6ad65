"""The summary as Markdown and as table rows: readable, and nothing from the data is markup."""

import re

from tasks.reports.markdown import summary_markdown, summary_rows
from tasks.reports.summary import Circumstances
from tasks.statistics.agreement import retest_agreement
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


def test_a_page_says_what_the_judge_cost_and_what_to_beware_of() -> None:
    page = summary_markdown(summary_of(figures_of(), unpriced_models=("openai:my_model*",)), run_of())
    assert "\n1,200 tokens in, 340 out, cost not known, 3 calls.\n" in page
    assert "\n> 1 of 30 units failed (infra 1): the figures are over the others;" in page
    assert "\n> no price is known for the model openai:my\\_model\\*: name it" in page


def test_repeats_are_shown_with_their_agreement() -> None:
    agreement = {"correctness": retest_agreement([({"PASS": 3}, 3), ({"PASS": 2, "HARD FAIL": 1}, 1)])}
    circumstances = Circumstances(repeats=3, agreement=agreement)
    page = summary_markdown(summary_of(figures_of(), circumstances=circumstances), run_of())
    assert "3 calls, 3 repeats, by majority." in page
    assert "| correctness | 83.3 % | 0.000 | 4 |" in page
    assert "same label" not in summary_markdown(summary_of(figures_of()), run_of())


def test_a_run_without_a_name_goes_by_its_id() -> None:
    assert summary_markdown(summary_of(figures_of()), run_of(name=None)).startswith(f"# `{run_of().id}`\n")


def test_a_table_has_a_row_for_each_metric_and_label() -> None:
    rows = summary_rows(summary_of(figures_of()))
    assert rows[0] == {"figure": "Success rate", "value": "75.0 %", "95 % interval": "40.9 to 92.9 %", "n": 8}
    assert {"figure": "Worst correctness: CRITICAL", "value": "2", "95 % interval": "", "n": 2} in rows
