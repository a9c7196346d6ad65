"""What changed from one step to the next, over the samples that both answered."""

from statistics import fmean

import numpy as np

from tasks.reports.predictions.catalog import kind_of
from tasks.reports.predictions.scores import SampleScores, StepScores
from tasks.reports.predictions.summary import StepChange, Verdict
from tasks.statistics.holm import holm
from tasks.statistics.means import Change, mean_change, share_change
from tasks.statistics.sign_flips import fewest_flips

ALPHA = 0.05


def changes(before: StepScores, after: StepScores) -> dict[str, StepChange]:
    """By metric, the change of all that both steps have scores of, tested together."""
    names = [name for name, scores in after.by_metric.items() if before.by_metric.get(name, {}).keys() & scores.keys()]
    if not names:
        return {}
    found = [measured(name, before.by_metric[name], after.by_metric[name], tests=len(names)) for name in names]
    corrected = holm([change.p_value for change in found])
    return {
        name: StepChange(
            since=before.step,
            before=change.before,
            after=change.after,
            difference=change.after - change.before,
            low=change.low,
            high=change.high,
            p_value=change.p_value,
            p_corrected=p,
            pairs=change.pairs,
            smallest_seen=change.smallest_seen,
            fewest_pairs=fewest_flips(ALPHA / len(names)),
            verdict=verdict(name, change.after - change.before, p),
        )
        for name, change, p in zip(names, found, corrected, strict=True)
    }


def measured(name: str, before: SampleScores, after: SampleScores, tests: int) -> Change:
    """One metric over the samples of both, repeats of a sample averaged."""
    both = sorted(before.keys() & after.keys())
    first, second = (np.array([fmean(scores[index]) for index in both]) for scores in (before, after))
    return (share_change if kind_of(name).share else mean_change)(first, second, ALPHA, tests)


def verdict(name: str, difference: float, p: float) -> Verdict:
    """Which way it went, where that can be told from chance."""
    better = kind_of(name).higher_is_better
    if p >= ALPHA:
        return "not shown"
    return "changed" if better is None else "better" if (difference > 0) == better else "worse"


def flips(before: StepScores, after: StepScores) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Samples that match their ground truth now and did not before, and the other way round.

    With repeats a sample matches where more than half of them do.
    """
    first, second = before.by_metric.get("exact_match", {}), after.by_metric.get("exact_match", {})
    ways = {
        index: (fmean(second[index]) > 0.5) - (fmean(first[index]) > 0.5)
        for index in sorted(first.keys() & second.keys())
    }
    return tuple(i for i, way in ways.items() if way > 0), tuple(i for i, way in ways.items() if way < 0)
