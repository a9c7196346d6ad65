"""The figures of one step: shares with Wilson's interval, means with Student's."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from tasks.reports.predictions.catalog import kind_of
from tasks.reports.predictions.scores import StepScores
from tasks.reports.predictions.summary import StepFigure
from tasks.statistics.means import mean_interval
from tasks.statistics.proportions import ClusterSums, Metric, clustered_proportion, proportion


def figure(name: str, scores: StepScores) -> StepFigure:
    """One metric at one step."""
    by_sample = list(scores.by_metric.get(name, {}).values())
    if kind_of(name).share:
        found = share(by_sample, scores.unscored[name])
        n = len(by_sample)
        return StepFigure(**found.model_dump(exclude={"n"}), n=n)
    values = [fmean(repeats) for repeats in by_sample]
    ends = mean_interval(np.array(values), kind_of(name).bounds)
    return StepFigure(
        value=fmean(values) if values else None,
        n=len(values),
        low=ends[0] if ends else None,
        high=ends[1] if ends else None,
        unscored=scores.unscored[name],
    )


def share(by_sample: Sequence[Sequence[float]], unscored: int) -> Metric:
    """A share over samples; repeats of one sample are not independent of each other."""
    if all(len(repeats) == 1 for repeats in by_sample):
        return proportion(int(sum(repeats[0] for repeats in by_sample)), len(by_sample), unscored)
    pairs = [(sum(repeats), len(repeats)) for repeats in by_sample]
    sums = ClusterSums(
        clusters=len(pairs),
        k=sum(k for k, _ in pairs),
        m=sum(m for _, m in pairs),
        kk=sum(k * k for k, _ in pairs),
        mm=sum(m * m for _, m in pairs),
        km=sum(k * m for k, m in pairs),
    )
    return clustered_proportion(sums, unscored)
