"""Differences between two runs: against published figures and statsmodels, at the edges, and how often seen."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from tasks.statistics.differences import Counts, Measured, paired_difference
from tasks.statistics.sign_flips import sign_flip_p
from tasks.statistics.smallest import smallest_paired, smallest_unpaired
from tasks.statistics.unpaired import unpaired_difference

ALPHA = 0.05


def items(successes: "Any", of: "Any" = None, cluster: "Any" = None) -> Counts:
    """Items that succeed or fail, each a cluster of its own, where the test does not say otherwise."""
    k = np.asarray(successes, float)
    return Counts(
        k, np.ones(k.size) if of is None else np.asarray(of, float), np.arange(k.size) if cluster is None else cluster
    )


def paired(both: int, lost: int, won: int, neither: int) -> Measured:
    """The difference over independent pairs: good in both runs, before alone, after alone, in neither."""
    before = np.repeat([1, 1, 0, 0], [both, lost, won, neither])
    after = np.repeat([1, 0, 1, 0], [both, lost, won, neither])
    return paired_difference(items(before), items(after), ALPHA)


def test_independent_pairs_have_the_interval_of_bonett_and_price_and_the_exact_test_of_mcnemar() -> None:
    """Airways of 21 children before and after a transplantation: Fagerland, Lydersen and Laake (2014), table 1."""
    mcnemar: Any = import_module("statsmodels.stats.contingency_tables").mcnemar
    found = paired(both=1, lost=7, won=1, neither=12)
    assert (found.before, found.after) == (pytest.approx(8 / 21), pytest.approx(2 / 21))
    assert (found.low, found.high) == (pytest.approx(-0.508, abs=0.001), pytest.approx(-0.014, abs=0.001))
    assert found.p_value == pytest.approx(mcnemar([[1, 7], [1, 12]], exact=True).pvalue)


def test_clustered_ratios_have_the_variance_of_a_cluster_robust_regression() -> None:
    linear_model: Any = import_module("statsmodels.regression.linear_model")
    dice = np.random.default_rng(5)
    m = dice.integers(1, 7, 3_000)
    cluster = dice.integers(0, 700, 3_000)
    hard = dice.beta(3, 1, 700)[cluster]
    before, after = items(dice.binomial(m, hard), m, cluster), items(dice.binomial(m, hard * 0.95), m, cluster)
    found = paired_difference(before, after, ALPHA)
    shares = np.concatenate([before.k / m, after.k / m])
    design = np.stack([np.ones(6_000), np.repeat([0.0, 1.0], 3_000)], axis=1)
    groups = {"groups": np.tile(cluster, 2)}
    fitted = linear_model.WLS(shares, design, weights=np.tile(m, 2)).fit(cov_type="cluster", cov_kwds=groups)
    assert found.after - found.before == pytest.approx(fitted.params[1])
    assert (found.low, found.high) == pytest.approx(tuple(fitted.conf_int()[1]), abs=0.001)
    assert found.p_value == pytest.approx(fitted.pvalues[1], abs=0.01)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_runs_that_agree_on_everything_differ_by_nothing_but_not_with_certainty(share: float) -> None:
    widths: list[float] = []
    for n in (30, 100, 1000):
        alike = items(np.arange(n) < share * n)
        found = paired_difference(alike, alike, ALPHA)
        assert found.p_value == 1
        assert found.low < 0 < found.high
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[0] < 0.2


def test_what_flips_together_counts_as_little_as_one() -> None:
    """200 threads lose 20: by one each of 20 users, or all of two users."""
    before, users = items(np.ones(200)).k, np.arange(200) // 10
    spread, together = np.ones(200), np.ones(200)
    spread[::10] = 0
    together[:20] = 0
    apart = paired_difference(items(before, cluster=users), items(spread, cluster=users), ALPHA)
    joint = paired_difference(items(before, cluster=users), items(together, cluster=users), ALPHA)
    assert apart.p_value < 0.001 < ALPHA < joint.p_value == 0.5
    assert apart.high < 0 < joint.high
    assert (apart.clusters, joint.clusters) == (20, 20)


@pytest.mark.parametrize("changed", [11, 40, 600])
def test_the_sign_flip_test_is_close_to_student_s_where_that_holds(changed: int) -> None:
    ttest: Any = import_module("scipy.stats").ttest_1samp
    gains = np.random.default_rng(changed).normal(0.6 / changed**0.5, 1, changed)
    assert sign_flip_p(gains) == pytest.approx(ttest(gains, 0).pvalue, abs=0.03)
    assert sign_flip_p(gains) == sign_flip_p(gains)


def test_independent_items_of_two_runs_have_the_interval_of_agresti_and_caffo() -> None:
    interval: Any = import_module("statsmodels.stats.proportion").confint_proportions_2indep
    before, after = items(np.arange(60) < 57), items(np.arange(40) < 31)
    found = unpaired_difference(before, after, ALPHA)
    assert (found.low, found.high) == pytest.approx(interval(31, 40, 57, 60, method="agresti-caffo", compare="diff"))
    assert found.high < 0
    assert found.p_value < ALPHA


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_two_runs_in_which_all_is_alike_are_not_told_apart(share: float) -> None:
    alike = items(np.full(30, share))
    found = unpaired_difference(alike, alike, ALPHA)
    assert found.p_value == 1
    assert found.low < 0 < found.high


def test_users_make_a_difference_between_runs_less_sure() -> None:
    k = np.arange(200) % 20 < 17
    users = np.arange(200) % 20
    alone = unpaired_difference(items(k), items(np.ones(200)), ALPHA)
    by_user = unpaired_difference(items(k, cluster=users), items(np.ones(200), cluster=users), ALPHA)
    assert alone.high - alone.low < by_user.high - by_user.low
    assert alone.smallest_seen is not None
    assert by_user.smallest_seen is not None
    assert alone.smallest_seen < by_user.smallest_seen


def test_the_smallest_difference_is_seen_in_four_of_five_tries() -> None:
    pairs, noise, tries = 400, 0.1, 1_000
    smallest = smallest_paired(pairs, noise, ALPHA)
    assert smallest is not None
    dice = np.random.default_rng(2)
    chances = [noise / 2 + smallest, noise / 2, 1 - noise - smallest]
    binomtest: Any = import_module("scipy.stats").binomtest
    seen = [binomtest(lost, lost + won).pvalue < ALPHA for lost, won, _ in dice.multinomial(pairs, chances, tries)]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.06)


def test_too_few_items_see_no_difference_at_all() -> None:
    assert smallest_paired(3, 0.0, ALPHA) is None
    assert smallest_unpaired(0.9, 3, 3, ALPHA) is None
    assert paired(both=5, lost=0, won=0, neither=0).smallest_seen is None
    assert paired(both=50, lost=0, won=0, neither=0).smallest_seen is not None
