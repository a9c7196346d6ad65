"""Proportions with their intervals: against scipy, at the edges, and how often the clustered one covers the truth."""

import random
from importlib import import_module
from typing import Any

import pytest

from tasks.statistics.proportions import (
    ClusterSums,
    clustered_proportion,
    effective_size,
    proportion,
    wilson,
)

Pair = tuple[int, int]


def sums_of(pairs: list[Pair]) -> ClusterSums:
    """Sums over clusters of k successes among m items."""
    return ClusterSums(
        clusters=len(pairs),
        k=sum(k for k, _ in pairs),
        m=sum(m for _, m in pairs),
        kk=sum(k * k for k, _ in pairs),
        mm=sum(m * m for _, m in pairs),
        km=sum(k * m for k, m in pairs),
    )


@pytest.mark.parametrize("n", [1, 2, 3, 10, 97, 1000, 1_000_000])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.99, 1.0])
def test_the_interval_is_that_of_scipy(n: int, share: float) -> None:
    binomtest: Any = import_module("scipy.stats").binomtest  # no stubs
    k = round(share * n)
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson(k, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_share_holds_its_value_interval_and_cases() -> None:
    metric = proportion(3, 4, unscored=4)
    assert (metric.value, metric.n, metric.unscored, metric.worst, metric.best) == (0.75, 4, 4, 0.375, 0.875)
    assert (metric.low, metric.high) == wilson(3, 4)


@pytest.mark.parametrize(("unscored", "worst", "best"), [(0, None, None), (5, 0.0, 1.0)])
def test_nothing_scored_is_not_measured_and_never_zero(unscored: int, worst: float | None, best: float | None) -> None:
    for metric in (proportion(0, 0, unscored), clustered_proportion(sums_of([]), unscored)):
        assert (metric.value, metric.low, metric.high, metric.n) == (None, None, None, 0)
        assert (metric.unscored, metric.worst, metric.best) == (unscored, worst, best)


def test_nothing_right_is_zero_and_all_right_is_one() -> None:
    assert (proportion(0, 9).value, proportion(0, 9).low) == (0.0, 0.0)
    assert (proportion(9, 9).value, proportion(9, 9).high) == (1.0, 1.0)
    assert proportion(0, 9).high == pytest.approx(1 - (proportion(9, 9).low or 0))


def test_clusters_of_one_item_are_nearly_independent_items() -> None:
    sums = sums_of([(1, 1)] * 30 + [(0, 1)] * 70)
    assert effective_size(sums) == pytest.approx(99)  # one less for the estimated variance
    metric = clustered_proportion(sums)
    assert (metric.value, metric.n) == (0.3, 100)
    assert (metric.low, metric.high) == pytest.approx(wilson(0.3 * 99, 99))


def test_clusters_that_are_all_right_or_all_wrong_count_as_one_item_each() -> None:
    sums = sums_of([(10, 10)] * 12 + [(0, 10)] * 8)
    assert effective_size(sums) == pytest.approx(19)
    wide, narrow = clustered_proportion(sums), proportion(120, 200)
    assert wide.low is not None
    assert narrow.low is not None
    assert (wide.value, wide.n) == (narrow.value, narrow.n)
    assert wide.low < narrow.low


def test_clusters_that_are_all_the_same_are_worth_no_more_than_their_items() -> None:
    sums = sums_of([(3, 4)] * 25)
    assert effective_size(sums) == 100
    metric = clustered_proportion(sums)
    assert (metric.low, metric.high) == wilson(75, 100)


@pytest.mark.parametrize("pairs", [[(0, 5)] * 20, [(5, 5)] * 20])
def test_where_all_agree_only_the_clusters_count(pairs: list[Pair]) -> None:
    metric = clustered_proportion(sums_of(pairs))
    expected = wilson(20 * (metric.value or 0), 20)
    assert (metric.low, metric.high, metric.n) == (*expected, 100)


def test_one_cluster_is_one_item() -> None:
    metric = clustered_proportion(sums_of([(75, 100)]))
    assert (metric.value, metric.n) == (0.75, 100)
    assert (metric.low, metric.high) == wilson(0.75, 1)


def test_the_cases_of_clustered_items_are_over_items() -> None:
    metric = clustered_proportion(sums_of([(1, 2), (2, 2)]), unscored=4)
    assert (metric.value, metric.worst, metric.best) == (0.75, 0.375, 0.875)


@pytest.mark.parametrize(("mean", "clusters"), [(0.5, 40), (0.85, 60)])
def test_the_clustered_interval_covers_the_truth_about_as_often_as_it_says(mean: float, clusters: int) -> None:
    draw = random.Random(20260301)
    rounds, naive, covered = 400, 0, 0
    for _ in range(rounds):
        pairs: list[Pair] = []
        for _ in range(clusters):
            rate, m = draw.betavariate(2 * mean, 2 * (1 - mean)), draw.randint(1, 12)
            pairs.append((sum(draw.random() < rate for _ in range(m)), m))
        sums = sums_of(pairs)
        clustered, plain = clustered_proportion(sums), proportion(int(sums.k), int(sums.m))
        covered += (clustered.low or 0) <= mean <= (clustered.high or 0)
        naive += (plain.low or 0) <= mean <= (plain.high or 0)
    assert 0.92 <= covered / rounds <= 0.98
    assert naive / rounds < 0.88  # which is why items are not taken for independent
