"""The scores of one step: of its rows only what the figures need."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from storage.records.prediction import Prediction
from tasks.reports.predictions.catalog import METRICS, kind_of

SampleScores = dict[int, list[float]]
"""By sample index: the scores of its repeats."""


@dataclass(frozen=True)
class StepScores:
    """One step.

    Attributes:
        by_metric: By name; samples without a score are absent.
        unscored: By metric, how many rows failed that it should have been counted over.
        samples: Indexes of all samples asked.
    """

    step: int
    epoch: float | None
    predictions: int
    failed: int
    truncated: int
    by_metric: dict[str, SampleScores]
    unscored: Counter[str]
    samples: frozenset[int]


def scores_of(step: int, rows: Iterable[Prediction]) -> StepScores:
    """The scores of the rows of one step."""
    by_metric: dict[str, SampleScores] = defaultdict(lambda: defaultdict(list))
    unscored, counts, samples, epoch = Counter[str](), Counter[str](), set[int](), None
    for row in rows:
        epoch = row.epoch if epoch is None else epoch
        samples.add(row.sample_index)
        counts.update(rows=1, failed=row.prediction is None, truncated=row.truncated)
        for name, value in row.metrics.items():
            if value is not None:
                by_metric[name][row.sample_index].append(value)
        if row.prediction is None:
            unscored.update(not_scored(row))
    return StepScores(
        step=step,
        epoch=epoch,
        predictions=counts["rows"],
        failed=counts["failed"],
        truncated=counts["truncated"],
        by_metric={name: dict(scores) for name, scores in by_metric.items()},
        unscored=unscored,
        samples=frozenset(samples),
    )


def not_scored(row: Prediction) -> list[str]:
    """The metrics that a failed row should have had."""
    names = {*METRICS, *row.metrics}
    return [
        name
        for name in names
        if row.metrics.get(name) is None and not (kind_of(name).needs_truth and row.ground_truth is None)
    ]
