"""What a difference means: a regression, an improvement, nothing, or too few to tell."""

from typing import Any

import pytest

from tasks.nightly.change import change_words, judge_change
from tasks.nightly.plan import Regression
from tasks.reports.comparison import Difference


def difference(points: float, **changed: Any) -> Difference:
    """A difference of so many points, significant and over enough threads."""
    fields: dict[str, Any] = {
        "name": "success_rate",
        "before": 0.8,
        "after": 0.8 + points / 100,
        "difference": points / 100,
        "low": points / 100 - 0.03,
        "high": points / 100 + 0.03,
        "p_value": 0.001,
        "p_corrected": 0.002,
        "n_before": 900,
        "n_after": 900,
        "n_pairs": None,
        "unscored": 0,
        "clusters": 800,
        "smallest_seen": 0.04,
        "significant": True,
        "flips_better": None,
        "flips_worse": None,
    }
    return Difference.model_validate(fields | changed)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (difference(-5), "regression"),
        (difference(-4.9), "steady"),  # significant, and too little to matter
        (difference(-12, significant=False), "steady"),
        (difference(5), "improvement"),
        (difference(8, higher_is_better=False), "regression"),
        (difference(-8, smallest_seen=0.09), "too few"),  # significant by luck: it could not have been relied on
        (difference(0, significant=False, smallest_seen=0.09), "too few"),  # no all-clear either
        (difference(-40, smallest_seen=0.2), "regression"),  # few, and yet enough for a fall like this
        (difference(-3, significant=False, smallest_seen=None), "too few"),
        (difference(-6, smallest_seen=0.05), "regression"),  # 5 points could be seen, 5 are asked for
    ],
)
def test_a_regression_is_significant_large_enough_and_over_enough(found: Difference, verdict: str) -> None:
    assert judge_change(found, Regression(least_points=5)).verdict == verdict


def test_too_few_says_how_many_and_what_could_have_been_seen() -> None:
    few = judge_change(difference(-8, n_before=30, n_after=28, smallest_seen=0.31), Regression())
    assert change_words(few) == "success rate: too few to tell (n=30/28, could have seen 31.0 points)"
    none = judge_change(difference(-8, smallest_seen=None, significant=False), Regression())
    assert "could have seen no difference" in change_words(none)


def test_a_regression_says_by_how_much_and_how_sure_that_is() -> None:
    said = change_words(judge_change(difference(-13), Regression()))
    assert said == ("success rate: regression from 80.0 % to 67.0 % (-13.0 points, -16.0 to -10.0, p=0.002, n=900/900)")
