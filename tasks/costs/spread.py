"""A figure that is not known for sure: its value and its 95 % range, added, multiplied, extrapolated from a sample."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

Z_95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Spread:
    """0 < low <= value <= high, or all three 0."""

    value: float
    low: float
    high: float

    def __add__(self, other: "Spread") -> "Spread":
        """The sum of figures that rise and fall together."""
        return Spread(self.value + other.value, self.low + other.low, self.high + other.high)

    def __mul__(self, other: "Spread") -> "Spread":
        """The product of figures that have nothing to do with each other: relative errors add up in quadrature."""
        value = self.value * other.value
        if not value:
            return NOTHING
        down = math.hypot(math.log(self.value / self.low), math.log(other.value / other.low))
        up = math.hypot(math.log(self.high / self.value), math.log(other.high / other.value))
        return Spread(value, value * math.exp(-down), value * math.exp(up))


NOTHING = Spread(0, 0, 0)


def extrapolate(sample: Sequence[float], items: int) -> Spread:
    """The sum over all items from a sample of them; without a range where the sample is all of them.

    Source: W. G. Cochran, Sampling Techniques, 3rd ed. (1977), section 2.5: the normal interval of a total under
    simple random sampling, with the finite population correction.

    Args:
        sample: Figures of some items, none negative.
        items: How many there are in all.
    """
    if not sample:
        return NOTHING
    value = items * fmean(sample)
    missing = 1 - len(sample) / items
    if len(sample) < 2 or missing <= 0:
        return Spread(value, value, value)
    half = Z_95 * items * stdev(sample) * math.sqrt(missing / len(sample))
    return Spread(value, max(value - half, math.fsum(sample)), value + half)  # what was seen is there in any case
