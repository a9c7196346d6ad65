"""The sign-flip test: had the two runs changed places in some clusters, how often would they differ as much?"""

from math import ceil, log2
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

MANY = 500
RESAMPLES = 9_999
ROUNDING = 1e-9


def sign_flip_p(gains: NDArray[np.float64]) -> float:
    """Two-sided p-value that what the clusters gained is as likely to have been lost; 1 where none gained or lost.

    Under the null hypothesis before and after can change places in any cluster, which changes the sign of its gain.
    Where all gains are of one size this is McNemar's exact test (scipy's `binomtest`). Else up to 13 clusters that
    changed are counted out exactly, up to 500 by 9,999 draws of a fixed seed (scipy's `permutation_test`; smallest p
    0.0002), and beyond that the sum is close enough to normal. Sources: E. S. Edgington and P. Onghena, "Randomization
    Tests", 4th edition (2007); signs of whole clusters: Winkler and others, NeuroImage 123 (2015), 253-268.

    Args:
        gains: Net successes gained by each cluster, in any order.
    """
    library = cast(Any, stats)
    changed = gains[np.abs(gains) > ROUNDING]
    if not changed.size:
        return 1.0
    sizes = np.abs(changed)
    if float(np.ptp(sizes)) < ROUNDING:
        return float(library.binomtest(int((changed > 0).sum()), int(changed.size)).pvalue)
    if changed.size > MANY:
        return float(2 * library.norm.sf(abs(changed.sum()) / np.sqrt((changed**2).sum())))
    tested = library.permutation_test(
        (changed,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=1_000,
        rng=np.random.default_rng(0),
    )
    return float(tested.pvalue)


def fewest_flips(alpha: float) -> int:
    """Clusters that must change, all one way, before the test can say so at this level: 6 for 0.05."""
    return ceil(1 + log2(1 / alpha))
