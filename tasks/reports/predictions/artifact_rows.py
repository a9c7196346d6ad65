"""The rows of the table that Prefect shows: steps by metrics."""

from typing import Any

from tasks.reports.predictions.catalog import kind_of
from tasks.reports.predictions.summary import TrainingSummary
from tasks.reports.predictions.terminal import figure_cell


def artifact_rows(summary: TrainingSummary) -> list[dict[str, Any]]:
    """One row per step: its counts, and each metric as `40 % (25-58) +`, to be published as a table artifact."""
    return [
        {
            "step": step.step,
            "epoch": None if step.epoch is None else round(step.epoch, 2),
            "predictions": step.predictions,
            "failed": step.failed,
            **{kind_of(name).title: figure_cell(name, step.figures[name]) for name in summary.metrics},
            "gained": len(step.gained),
            "lost": len(step.lost),
        }
        for step in summary.steps
    ]
