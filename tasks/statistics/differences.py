"""How far a share differs between two runs over the same items: interval, test, the smallest that could be seen.

Imported by what compares, not by what evaluates: its libraries take a second to load.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

from tasks.statistics.sign_flips import fewest_flips, sign_flip_p
from tasks.statistics.smallest import quantile, smallest_paired

Floats = NDArray[np.float64]
Clusters = NDArray[np.int64]
TINY = 1e-15


@dataclass(frozen=True)
class Counts:
    """One metric of some items of a run: k of m successes each.

    Attributes:
        k: Successes, 0 to m each.
        m: What they are out of, above 0: 1 where the item itself succeeds or fails, else its messages.
        cluster: From 0, the cluster of each item.
    """

    k: Floats
    m: Floats
    cluster: Clusters

    @property
    def share(self) -> float:
        """Successes over all items together."""
        return float(self.k.sum() / self.m.sum())


@dataclass(frozen=True)
class Measured:
    """A difference between two shares, after minus before.

    Attributes:
        low: Lower end of the interval at level 1 - alpha.
        high: Upper end.
        p_value: Two-sided.
        clusters: Clusters that the items come from.
        smallest_seen: In size; None where no difference could have been seen.
    """

    before: float
    after: float
    low: float
    high: float
    p_value: float
    clusters: int
    smallest_seen: float | None


def paired_difference(before: Counts, after: Counts, alpha: float, tests: int = 1) -> Measured:
    """The difference over the same items, in the same order and clusters, in both runs.

    The pairs are worth as many independent ones as their clustering implies; at that number the interval is that of
    Bonett and Price. The test changes signs of whole clusters.

    Args:
        before: Items of the run before.
        after: The same items after.
        alpha: Of interval and test.
        tests: Metrics that are tested together; the smallest difference is for alpha divided by it.
    """
    net = net_flips(before, after)
    pairs = float(before.m.sum() + after.m.sum()) / 2
    difference, moved = after.share - before.share, turnover(net, pairs)
    worth = worth_of_pairs(before, after, moved)
    low, high = adjusted_interval(difference, moved, worth, alpha)
    clusters = int(np.unique(before.cluster).size)
    noise = max(moved - abs(difference), 0.0)
    enough = clusters >= fewest_flips(alpha / tests)
    return Measured(
        before=before.share,
        after=after.share,
        low=low,
        high=high,
        p_value=sign_flip_p(sums_by(before.cluster, net)),
        clusters=clusters,
        smallest_seen=smallest_paired(worth, noise, alpha / tests) if enough else None,
    )


def adjusted_interval(difference: float, moved: float, pairs: float, alpha: float) -> tuple[float, float]:
    """The interval of Bonett and Price, which adds one pair that got better and one that got worse; never [0, 0].

    Source: D. G. Bonett and R. M. Price, "Adjusted Wald confidence interval for a difference of binomial proportions
    based on paired data", J. Educ. Behav. Stat. 37 (2012), 479-488; recommended by M. W. Fagerland, S. Lydersen and
    P. Laake, Statistics in Medicine 33 (2014), 2850-2875.

    Args:
        difference: After minus before.
        moved: Share of the pairs that flipped.
        pairs: Independent pairs; need not be whole.
        alpha: 1 minus the level.
    """
    centre = pairs * difference / (pairs + 2)
    adjusted = (pairs * moved + 2) / (pairs + 2)
    half = quantile(1 - alpha / 2) * (max(adjusted - centre**2, 0.0) / (pairs + 2)) ** 0.5
    return max(-1.0, centre - half), min(1.0, centre + half)


def net_flips(before: Counts, after: Counts) -> Floats:
    """How many successes each item gained: after minus before, each less what the share of both would give."""
    share = (before.k.sum() + after.k.sum()) / (before.m.sum() + after.m.sum())
    return cast(Floats, (after.k - share * after.m) - (before.k - share * before.m))


def turnover(net: Floats, pairs: float) -> float:
    """The mean square of what one pair gained: the share of pairs that flipped, where each flips or does not."""
    sizes = np.abs(net)
    return float(np.minimum(sizes, sizes**2).sum() / pairs)


def worth_of_pairs(before: Counts, after: Counts, moved: float) -> float:
    """How many independent pairs the clustered ones are worth: at most as many as there are.

    The variance of the difference of the two ratios, Taylor-linearised over clusters, is held against the one that it
    would have were all pairs independent. Where nothing flipped, or everything, the pairs are worth their clusters.
    Source: E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998), 193-201, carried over from one share to two.
    """
    pairs = float(before.m.sum() + after.m.sum()) / 2
    clusters = int(np.unique(before.cluster).size)
    spread = moved - (after.share - before.share) ** 2
    if clusters < 2:
        return 1.0
    if spread <= 0:
        return clusters * few_clusters(pairs, clusters)
    gained = (after.k - after.share * after.m) / after.m.sum() - (before.k - before.share * before.m) / before.m.sum()
    variance = clusters / (clusters - 1) * float((sums_by(before.cluster, gained) ** 2).sum())
    independent = spread / (pairs - 1)
    return pairs * min(1.0, independent / max(variance, TINY)) * few_clusters(pairs, clusters)


def sums_by(cluster: NDArray[np.intp] | Clusters, values: Floats) -> Floats:
    """The sum of the values of each cluster."""
    return cast(Floats, np.bincount(cluster, values))


def few_clusters(n: float, clusters: int) -> float:
    """What a variance that was estimated from few clusters takes off their worth: squared ratio of t quantiles."""
    if clusters < 2:
        return 1.0
    return (t_quantile(max(n - 1, clusters - 1)) / t_quantile(clusters - 1)) ** 2


def t_quantile(degrees: float) -> float:
    """The 97.5 % quantile of Student's distribution."""
    return float(cast(Any, stats).t.ppf(0.975, degrees))
