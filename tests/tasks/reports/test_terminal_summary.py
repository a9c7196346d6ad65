"""The summary in a terminal of 80 columns: nothing is broken over lines, everything has its order."""

import io
import random
from typing import Any

from rich.console import Console

from tasks.reports.summary import RunSummary
from tasks.reports.terminal import print_summary, worst_lines
from tasks.reports.terminal_tables import packed
from tests.tasks.reports.sample_evaluations import RUN_ID
from tests.tasks.reports.sample_report import sample_run, sample_summary


def summary_of(**changes: Any) -> RunSummary:
    return RunSummary.model_validate(sample_summary(**changes) | {"run_id": RUN_ID, "status": "completed_with_errors"})


def printed(summary: RunSummary, width: int = 80, **run: Any) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    print_summary(summary, sample_run(**run), console)
    file = console.file
    assert isinstance(file, io.StringIO)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_it_fits_into_80_columns_with_every_figure_on_a_line_of_its_own() -> None:
    lines = printed(summary_of())
    assert max(map(len, lines)) <= 80
    assert [line.split() for line in lines[5:8]] == [
        ["value", "95", "%", "interval", "n", "unscored", "worst-best"],
        ["Success", "rate", "62.0", "%", "48.6-73.9", "%", "52", "8", "53.7-67.0", "%"],
        ["Labelled", "agreement", "94.0", "%", "83.0-98.0", "%", "52"],
    ]
    assert ["Query", "type", "accuracy", "not", "measured", "0", "3"] in [line.split() for line in lines]
    assert "correctness       60      56  infra 2, unparseable 2" in lines


def test_metrics_and_counts_have_one_order_however_the_database_kept_them() -> None:
    whole = sample_summary()
    metrics, counts = whole["metrics"], whole["counts"]
    assert isinstance(metrics, dict)
    assert isinstance(counts, dict)
    expected = printed(summary_of())
    for seed in range(5):
        shuffled = random.Random(seed)
        mixed = {
            "metrics": dict(shuffled.sample(list(metrics.items()), len(metrics))),
            "counts": {
                name: dict(shuffled.sample(list(labels.items()), len(labels)))
                for name, labels in shuffled.sample(list(counts.items()), len(counts))
                if isinstance(labels, dict)
            },
        }
        assert printed(summary_of(**mixed)) == expected
    names = [line.split("  ")[0] for line in expected]
    order = ["Success status", "Worst correctness", "Efficiency verdict", "Friction cause", "Recovery", "Check"]
    assert [name for name in names if name in order] == order


def test_labels_that_do_not_fit_go_to_the_next_line_whole() -> None:
    labels = {f"check_number_{number}": number + 1 for number in range(12)}
    lines = printed(summary_of(counts={"check": dict(labels)}))
    found = " ".join(lines[lines.index("Counts") + 1 : lines.index("Evaluators")])
    assert all(f"{label} {n}" in found for label, n in labels.items())
    assert max(map(len, lines)) <= 80
    assert packed([], 10) == []


def test_a_worst_thread_says_why_and_what_was_found_in_one_line() -> None:
    worst = {"thread_id": "t-1", "why": "correctness HARD FAIL", "finding": "The total is wrong. " * 20}
    lines = printed(summary_of(worst_threads=[worst, {"thread_id": "t-[red]2", "why": "efficiency BROKEN"}]))
    place = lines.index("Worst threads")
    assert lines[place + 1] == "  1. t-1: correctness HARD FAIL"
    assert lines[place + 2].startswith("     The total is wrong. ")
    assert (len(lines[place + 2]), lines[place + 2][-1]) == (80, "\u2026")
    assert lines[place + 3] == "  2. t-[red]2: efficiency BROKEN"
    assert worst_lines(1, summary_of().worst_threads[0], 80).plain == "  1. parcel-0001: states a wrong delivery date"


def test_only_rules_are_explained_to_have_nothing_to_say() -> None:
    assert any("--judge openai:MODEL" in line for line in printed(summary_of(), judge_provider="rules"))
    assert not any("--judge openai:MODEL" in line for line in printed(summary_of()))
