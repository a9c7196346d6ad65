"""The smallest difference that a comparison would have called significant in 80 of 100 tries."""

from collections.abc import Callable
from typing import Any, cast

from scipy import optimize, stats  # pyright: ignore[reportMissingTypeStubs]

POWER = 0.8


def smallest_paired(pairs: float, noise: float, alpha: float) -> float | None:
    """The smallest difference seen over pairs; None where not even 1 would be.

    Source: R. J. Connor, "Sample size for testing differences in proportions for the paired-sample design", Biometrics
    43 (1987), 207-211, solved for the difference; the share of pairs that flip is the noise and the difference itself.

    Args:
        pairs: As many independent pairs as there are.
        noise: Share of the pairs that flip though nothing differs, 0 to 1.
        alpha: Level of the two-sided test.
    """
    at_test, at_power = quantile(1 - alpha / 2), quantile(POWER)

    def beyond(difference: float) -> float:
        flips = min(1.0, noise + difference)
        needed: float = at_test * flips**0.5 + at_power * max(flips - difference**2, 0.0) ** 0.5
        return difference - needed / pairs**0.5

    return root(beyond, 1.0)


def smallest_unpaired(share: float, n_before: float, n_after: float, alpha: float) -> float | None:
    """The smallest difference seen between independent items, towards one half; None where none would be.

    Source: J. L. Fleiss, "Statistical Methods for Rates and Proportions", 3rd edition (2003), chapter 4, solved for
    the difference.

    Args:
        share: The share before, 0 to 1.
        n_before: As many independent items as there are before.
        n_after: The same after.
        alpha: Level of the two-sided test.
    """
    at_test, at_power = quantile(1 - alpha / 2), quantile(POWER)
    away = max(share, 1 - share)

    def beyond(difference: float) -> float:
        other = away - difference
        both = (away * n_before + other * n_after) / (n_before + n_after)
        apart = away * (1 - away) / n_before + other * (1 - other) / n_after
        needed = at_test * (both * (1 - both) * (1 / n_before + 1 / n_after)) ** 0.5 + at_power * apart**0.5
        return difference - float(needed)

    return root(beyond, away)


def root(beyond: Callable[[float], float], largest: float) -> float | None:
    """Where the function rises above 0; None where it has not at the largest difference."""
    if beyond(largest) <= 0:
        return None
    return float(cast(Any, optimize).brentq(beyond, 1e-12, largest))


def quantile(p: float) -> float:
    """Of the standard normal distribution."""
    return float(cast(Any, stats).norm.ppf(p))
