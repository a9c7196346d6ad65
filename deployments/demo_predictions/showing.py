"""What the demo shows of a training: a row per epoch, one sample as it changes, and the page in a browser."""

import os
import sys
import webbrowser
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.table import Table
from rich.text import Text

from deployments.cli.console import make_console
from deployments.cli.tables import print_table
from storage.records.prediction import Prediction
from tasks.reports.predictions.rows import marked
from tasks.reports.predictions.summary import TrainingSummary
from tasks.reports.predictions.terminal import step_row

SHOWN = ("epoch", "exact_match", "chrf", "flips")
BEST_CHANGES = 5
"""So many changes of what is said show well how it was learned."""


def print_epochs(summary: TrainingSummary) -> None:
    """A row for each epoch: exact match and chrF with their intervals, and how many answers became right or wrong."""
    metrics = [name for name in SHOWN if name in summary.metrics]
    rows = [{**step_row(step, metrics), "epoch": f"{step.epoch or 0:.0f}"} for step in summary.steps]
    print_table(
        make_console(), rows, [name for name in SHOWN if name not in ("exact_match", "chrf") or name in metrics]
    )
    print("+ significantly better than the epoch before; flips: answers that became right, and wrong again")


def print_one_sample(rows: Sequence[Prediction]) -> None:
    """A sample that was learned: what was said, each time that it changed."""
    samples = groupby(sorted(rows, key=lambda row: (row.sample_index, row.step)), key=lambda row: row.sample_index)
    chosen = min((changes_of(list(sample)) for _, sample in samples), key=telling)
    console, truth = make_console(), chosen[0].ground_truth or ""
    console.print(Text(f"asked:     {question_of(chosen[0])}"))
    console.print(Text(f"the truth: {truth}\n"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("from epoch", "chrF", "it says"):
        table.add_column(column)
    for row in chosen:
        table.add_row(f"{row.epoch or 0:.0f}", f"{row.metrics.get('chrf') or 0:.0f}", marked(row, truth))
    console.print(table)
    console.print(Text("{+said, not true+}  [-true, not said-]", style="dim"))


def changes_of(rows: Sequence[Prediction]) -> list[Prediction]:
    """Of one sample by step: the first, and each that differs from the one before."""
    said = [row for row in rows if row.prediction is not None]
    return [row for place, row in enumerate(said) if not place or row.prediction != said[place - 1].prediction]


def telling(rows: Sequence[Prediction]) -> tuple[bool, int]:
    """Smaller for a sample that was learned, in a number of changes that a reader takes in."""
    learned = bool(rows) and rows[-1].metrics.get("exact_match") == 1
    return not learned, abs(len(rows) - BEST_CHANGES)


def question_of(row: Prediction) -> str:
    """What the user asked, without the marks of the chat template."""
    return row.prompt.removeprefix("<|user|>").partition("<|end|>")[0]


def open_page(page: Path) -> bool:
    """Show the page in a browser where somebody sits at a screen; False where nobody does."""
    has_screen = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if not has_screen or not sys.stdout.isatty() or os.environ.get("CI"):
        return False
    return webbrowser.open(page.resolve().as_uri())
