"""Ranges: as wide as the sample leaves them, and nothing where nothing is uncertain."""

import random
from importlib import import_module
from statistics import fmean
from typing import Any

import pytest

from tasks.costs.spread import NOTHING, Spread, extrapolate


def test_a_sample_of_all_items_leaves_no_range() -> None:
    assert extrapolate([3, 1, 2], 3) == Spread(6, 6, 6)


def test_items_that_are_all_alike_leave_no_range() -> None:
    assert extrapolate([2] * 200, 5000) == Spread(10_000, 10_000, 10_000)


def test_without_items_there_is_nothing() -> None:
    assert extrapolate([], 0) == NOTHING


def test_the_range_is_the_normal_interval_of_the_total() -> None:
    stats: Any = import_module("scipy.stats")  # no stubs
    drawn = random.Random(7).choices(range(1, 40), k=200)
    found = extrapolate(drawn, 1_000_000)
    low, high = stats.norm.interval(0.95, loc=fmean(drawn), scale=stats.sem(drawn))
    assert (found.low, found.high) == pytest.approx((low * 1_000_000, high * 1_000_000), rel=1e-3)


def test_the_range_holds_the_truth_about_nineteen_times_of_twenty() -> None:
    chance = random.Random(11)
    items = [chance.lognormvariate(8, 0.8) for _ in range(2000)]
    hits = [
        spread.low <= sum(items) <= spread.high
        for spread in (extrapolate(chance.sample(items, 200), len(items)) for _ in range(1000))
    ]
    assert 0.91 <= fmean(hits) <= 0.98


def test_at_least_what_was_seen_is_in_the_range() -> None:
    found = extrapolate([0] * 199 + [100], 400)
    assert found.low == 100


def test_independent_ranges_are_multiplied_in_quadrature() -> None:
    found = Spread(10, 5, 20) * Spread(3, 3, 3)
    assert (found.value, found.low, found.high) == pytest.approx((30, 15, 60))
    both = Spread(10, 5, 20) * Spread(10, 5, 20)
    assert both.low == pytest.approx(100 / 2**2**0.5)
    assert Spread(10, 5, 20) * NOTHING == NOTHING


def test_a_sum_has_the_sums_of_both_ends() -> None:
    assert Spread(10, 5, 20) + Spread(1, 1, 1) == Spread(11, 6, 21)
