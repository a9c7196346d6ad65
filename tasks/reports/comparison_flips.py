"""Which items flipped between two runs over the same items, the worst first."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.reports.comparison_figures import gained
from tasks.statistics.side_by_side import SideBySide


class FlipPlace(NamedTuple):
    """A flip by its metric and where its item stands in each run."""

    metric: str
    before: int
    after: int
    worse: bool


def worst_flips(
    sides: SideBySide, metrics: Mapping[str, int], badness: NDArray[np.float64], limit: int
) -> tuple[list[FlipPlace], int]:
    """The flips and how many there are in all.

    What got worse comes before what got better; then the items that lost (or won) most over all metrics together, the
    worse verdict first; the flips of one item stay together.

    Args:
        sides: The two runs, paired.
        metrics: Where each metric stands among the scores.
        badness: How bad each item of the run after is, in its order; the smaller the worse.
        limit: Most flips; 0: all.
    """
    gains = np.stack([gained(sides, at) for at in metrics.values()])
    metric, pair = np.nonzero(gains)
    better, total = gains[metric, pair] > 0, gains.sum(axis=0)[pair].round(9)
    most_first = total * (1.0 - 2.0 * better)
    worst_first = np.lexsort((metric, pair, badness[sides.after.places][pair], most_first, better))
    shown = worst_first[:limit] if limit else worst_first
    names = list(metrics)
    flips = [
        FlipPlace(names[metric[n]], int(sides.before.places[pair[n]]), int(sides.after.places[pair[n]]), not better[n])
        for n in shown
    ]
    return flips, int(metric.size)
