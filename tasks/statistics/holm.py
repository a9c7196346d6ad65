"""Holm's correction of p-values that are read together."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected, in their order; below alpha all together err with probability alpha at most.

    As statsmodels' `multipletests`, which collects garbage at each call (0.3 s where much is loaded). Source: S. Holm,
    "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6 (1979), 65-70.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return [float(each) for each in corrected]
