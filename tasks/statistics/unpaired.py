"""How far a share differs between two runs over items of their own."""

from typing import Any, cast

import numpy as np

from tasks.statistics.differences import Counts, Measured, few_clusters, sums_by
from tasks.statistics.proportions import ClusterSums, effective_size
from tasks.statistics.smallest import smallest_unpaired


def unpaired_difference(before: Counts, after: Counts, alpha: float, tests: int = 1) -> Measured:
    """The difference between two runs over items of their own; clusters of one are taken as independent of the other's.

    Each run's items are worth as many independent ones as their clustering implies, as in `clustered_proportion`; at
    these numbers interval and test are those of Agresti and Caffo, which add a success and a failure to each run:
    "Simple and effective confidence intervals for proportions and differences of proportions result from adding two
    successes and two failures", The American Statistician 54 (2000), 280-288; the library is statsmodels.
    """
    from statsmodels.stats import proportion  # pyright: ignore[reportMissingTypeStubs]

    (k_after, n_after), (k_before, n_before) = worth_of_items(after), worth_of_items(before)
    counts = (k_after, n_after, k_before, n_before)
    library = cast(Any, proportion)
    with np.errstate(divide="ignore", invalid="ignore"):  # its odds ratio, where a share is 0 or 1
        low, high = library.confint_proportions_2indep(*counts, method="agresti-caffo", compare="diff", alpha=alpha)
        tested = library.test_proportions_2indep(*counts, method="agresti-caffo", compare="diff")
    return Measured(
        before=before.share,
        after=after.share,
        low=max(-1.0, float(low)),
        high=min(1.0, float(high)),
        p_value=float(tested.pvalue),
        clusters=int(np.union1d(before.cluster, after.cluster).size),
        smallest_seen=smallest_unpaired(before.share, n_before, n_after, alpha / tests),
    )


def worth_of_items(items: Counts) -> tuple[float, float]:
    """Successes and number of as many independent items as the clustered ones are worth."""
    present, cluster = np.unique(items.cluster, return_inverse=True)
    k, m = sums_by(cluster, items.k), sums_by(cluster, items.m)
    sums = ClusterSums(int(present.size), *(float(s) for s in (k.sum(), m.sum(), k @ k, m @ m, k @ m)))
    worth = effective_size(sums) * few_clusters(sums.m, sums.clusters)
    if sums.clusters == sums.m:
        worth = sums.m  # each item alone: as it stands
    return items.share * worth, worth
