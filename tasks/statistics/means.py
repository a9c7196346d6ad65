"""A mean with its 95 % interval, and how far it changed over the same items.

Imported by what compares, not by what evaluates: its libraries take a second to load.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np

from tasks.statistics.differences import Counts, Floats, paired_difference, t_quantile
from tasks.statistics.many_flips import quick_sign_flip_p
from tasks.statistics.sign_flips import fewest_flips
from tasks.statistics.smallest import POWER

Bounds = tuple[float, float]
ROUNDING = 1e-9


@dataclass(frozen=True)
class Change:
    """How far a mean or a share changed over the same items, after minus before.

    Attributes:
        pairs: Items measured both before and after.
        low: Lower end of the interval at level 1 - alpha; None where too little moved to estimate it.
        high: Upper end; None as `low` is.
        p_value: Two-sided.
        smallest_seen: The smallest change, in size, that would be significant in 80 of 100 tries; None where there are
            too few items for any, or too little moved to estimate it.
    """

    pairs: int
    before: float
    after: float
    low: float | None
    high: float | None
    p_value: float
    smallest_seen: float | None


def mean_interval(values: Floats, bounds: Bounds | None = None) -> tuple[float, float] | None:
    """Student's 95 % interval of a mean, cut to what the values can be.

    Args:
        values: One for each independent item.
        bounds: The least and the greatest value there can be; None where there is no such.

    Returns:
        Its ends; None for fewer than two values, and where all are the same: their spread is not known then.
    """
    if values.size < 2 or float(np.ptp(values)) < ROUNDING:
        return None
    centre = float(values.mean())
    half = t_quantile(values.size - 1) * float(values.std(ddof=1)) / values.size**0.5
    low, high = bounds or (-np.inf, np.inf)
    return max(low, centre - half), min(high, centre + half)


def share_change(before: Floats, after: Floats, alpha: float, tests: int = 1) -> Change:
    """The change of a share: interval of Bonett and Price, sign-flip test (McNemar's where each item is 0 or 1).

    Args:
        before: One number from 0 to 1 for each item.
        after: The same items, in the same order.
        alpha: Of interval and test.
        tests: Metrics that are tested together; the smallest change is for alpha divided by it.
    """
    alone, ones = np.arange(before.size), np.ones(before.size)
    found = paired_difference(Counts(before, ones, alone), Counts(after, ones, alone), alpha, tests)
    return Change(before.size, found.before, found.after, found.low, found.high, found.p_value, found.smallest_seen)


def mean_change(before: Floats, after: Floats, alpha: float, tests: int = 1) -> Change:
    """The change of a mean: Student's interval of the paired differences, sign-flip test.

    The smallest change is that of the paired t-test (statsmodels' `TTestPower`) at the spread that the items show.

    Args:
        before: One number for each item.
        after: The same items, in the same order.
        alpha: Of interval and test.
        tests: Metrics that are tested together; the smallest change is for alpha divided by it.
    """
    gains = after - before
    n, moved = gains.size, float(np.ptp(gains)) >= ROUNDING if gains.size else False
    low, high = interval_at(gains, alpha) if moved else (None, None)
    return Change(
        pairs=n,
        before=float(before.mean()),
        after=float(after.mean()),
        low=low,
        high=high,
        p_value=quick_sign_flip_p(gains),
        smallest_seen=smallest_mean_change(gains, alpha / tests)
        if moved and n >= fewest_flips(alpha / tests)
        else None,
    )


def interval_at(gains: Floats, alpha: float) -> tuple[float, float]:
    """Student's interval of the mean of two differences or more."""
    from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

    scale = float(gains.std(ddof=1)) / gains.size**0.5
    low, high = cast(Any, stats).t.interval(1 - alpha, gains.size - 1, loc=float(gains.mean()), scale=scale)
    return float(low), float(high)


def smallest_mean_change(gains: Floats, alpha: float) -> float:
    """The change that the paired t-test would call significant in 80 of 100 tries, at the spread of these gains."""
    return smallest_effect(gains.size, alpha) * float(gains.std(ddof=1))


@lru_cache(maxsize=1024)
def smallest_effect(pairs: int, alpha: float) -> float:
    """The same in standard deviations."""
    from statsmodels.stats.power import TTestPower  # pyright: ignore[reportMissingTypeStubs]

    return float(np.squeeze(cast(Any, TTestPower()).solve_power(nobs=pairs, alpha=alpha, power=POWER)))
