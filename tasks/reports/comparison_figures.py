"""The differences of all metrics of two runs, tested together."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tasks.reports.comparison import Difference
from tasks.statistics.differences import Measured, paired_difference
from tasks.statistics.holm import holm
from tasks.statistics.side_by_side import SideBySide
from tasks.statistics.unpaired import unpaired_difference


def differences(sides: SideBySide, metrics: Mapping[str, int], alpha: float) -> dict[str, Difference]:
    """One difference for each metric that both runs have scores of.

    Args:
        sides: The two runs.
        metrics: Where each metric stands among the scores.
        alpha: For each interval, and for all tests together (Holm).
    """
    both = {name: compared(sides, at) for name, at in metrics.items()}
    scored = {name: parts for name, parts in both.items() if parts[0].any() and parts[1].any()}
    measured = {name: measure(sides, metrics[name], parts, alpha, len(scored)) for name, parts in scored.items()}
    if not measured:
        return {}
    corrected = holm([found.p_value for found in measured.values()])
    return {
        name: difference(name, sides, metrics[name], found, p, alpha)
        for (name, found), p in zip(measured.items(), corrected, strict=True)
    }


def compared(sides: SideBySide, metric: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which items of each run are compared: those scored, in both runs where they are paired."""
    before, after = sides.before.m[:, metric] > 0, sides.after.m[:, metric] > 0
    return (before & after, before & after) if sides.paired else (before, after)


def measure(
    sides: SideBySide, metric: int, both: tuple[NDArray[np.bool_], NDArray[np.bool_]], alpha: float, tests: int
) -> Measured:
    """The difference of one metric."""
    before, after = sides.before.counts(metric, both[0]), sides.after.counts(metric, both[1])
    return (paired_difference if sides.paired else unpaired_difference)(before, after, alpha, tests)


def difference(
    name: str, sides: SideBySide, metric: int, found: Measured, p_corrected: float, alpha: float
) -> Difference:
    """What was measured, with what it was measured over."""
    in_before, in_after = compared(sides, metric)
    gains = gained(sides, metric) if sides.paired else None
    missing = [np.isnan(side.m[:, metric]) for side in (sides.before, sides.after)]
    unscored = (missing[0] | missing[1]).sum() if sides.paired else missing[0].sum() + missing[1].sum()
    return Difference(
        name=name,
        before=found.before,
        after=found.after,
        difference=found.after - found.before,
        low=found.low,
        high=found.high,
        p_value=found.p_value,
        p_corrected=p_corrected,
        n_before=round(float(sides.before.m[in_before, metric].sum())),
        n_after=round(float(sides.after.m[in_after, metric].sum())),
        n_pairs=int(in_before.sum()) if sides.paired else None,
        unscored=int(unscored),
        clusters=found.clusters,
        smallest_seen=found.smallest_seen,
        significant=p_corrected < alpha,
        flips_better=None if gains is None else int((gains > 0).sum()),
        flips_worse=None if gains is None else int((gains < 0).sum()),
    )


def gained(sides: SideBySide, metric: int) -> NDArray[np.float64]:
    """By how much each pair's share rose; 0 where it is not scored in both runs."""
    both, _ = compared(sides, metric)
    gains = np.zeros(both.size)
    before, after = sides.before.counts(metric, both), sides.after.counts(metric, both)
    gains[both] = after.k / after.m - before.k / before.m
    return np.where(np.abs(gains) < 1e-9, 0.0, gains)
