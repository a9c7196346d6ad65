"""Means and their changes, against scipy and statsmodels."""

from typing import Any, cast

import numpy as np
import pytest
from scipy import stats  # pyright: ignore[reportMissingTypeStubs]
from statsmodels.stats import multitest  # pyright: ignore[reportMissingTypeStubs]

from tasks.statistics.holm import holm
from tasks.statistics.many_flips import quick_sign_flip_p
from tasks.statistics.means import mean_change, mean_interval, share_change
from tasks.statistics.sign_flips import sign_flip_p

DRAW = np.random.default_rng(5)
BEFORE = DRAW.normal(40, 10, 20)
AFTER = BEFORE + DRAW.normal(5, 6, 20)


def test_the_interval_of_a_mean_is_student_s_cut_to_what_is_possible() -> None:
    known = cast(Any, stats).ttest_1samp(BEFORE, 0).confidence_interval(0.95)
    assert mean_interval(BEFORE) == pytest.approx(tuple(known))
    assert mean_interval(np.array([0.0, 0.0, 1.0]), (0, 1)) == (0.0, 1.0)


@pytest.mark.parametrize("values", [[], [3.0], [1.0, 1.0, 1.0]])
def test_what_shows_no_spread_has_no_interval(values: list[float]) -> None:
    assert mean_interval(np.array(values), (0, 1)) is None


def test_a_change_is_over_pairs() -> None:
    found = mean_change(BEFORE, AFTER, 0.05)
    known = cast(Any, stats).ttest_rel(AFTER, BEFORE).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(tuple(known))
    assert found.p_value == pytest.approx(sign_flip_p(AFTER - BEFORE), abs=0.006)
    # a normal test has 80 % power at (t.975 + t.8) standard errors
    error = float((AFTER - BEFORE).std(ddof=1)) / 20**0.5
    assert found.smallest_seen == pytest.approx((2.093 + 0.861) * error, rel=0.02)


def test_with_few_items_nothing_could_be_seen() -> None:
    assert mean_change(BEFORE[:5], AFTER[:5], 0.05).smallest_seen is None
    five_right = share_change(np.zeros(5), np.ones(5), 0.05)
    assert (five_right.p_value, five_right.smallest_seen) == (0.0625, None)


@pytest.mark.parametrize("n", [0, 1, 7, 13])
def test_few_signs_are_counted_out_as_scipy_does(n: int) -> None:
    gains = AFTER[:n] - BEFORE[:n]
    assert quick_sign_flip_p(gains) == pytest.approx(sign_flip_p(gains))


def test_holm_is_statsmodels() -> None:
    p_values = [0.04, 0.001, 0.2, 0.011, 0.9, 0.011]
    known = cast(Any, multitest).multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(list(known))
