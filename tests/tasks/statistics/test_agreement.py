"""Test-retest agreement: by hand on small cases, and against the raters' table of the literature."""

import random
from typing import Any

import pytest

from tasks.statistics.agreement import LabelCounts, pairs_that_agree, retest_agreement

VERDICTS = ("CRITICAL", "HARD FAIL", "SOFT FAIL", "PASS")


def counts_of(rows: list[list[str]]) -> list[LabelCounts]:
    """A row of labels per thread as the counts of its labels."""
    return [({label: row.count(label) for label in row}, 1) for row in rows]


def test_repeats_that_never_differ_agree_perfectly() -> None:
    agreement = retest_agreement([({"PASS": 3}, 5), ({"HARD FAIL": 3}, 2)], VERDICTS)
    assert (agreement.threads, agreement.share, agreement.level) == (7, 1.0, "ordinal")
    assert agreement.alpha == pytest.approx(1.0)


def test_the_share_is_over_pairs_of_repeats_and_then_over_threads() -> None:
    assert pairs_that_agree({"a": 2, "b": 1}) == pytest.approx(1 / 3)
    assert pairs_that_agree({"a": 1, "b": 1}) == 0
    agreement = retest_agreement([({"a": 2, "b": 1}, 3), ({"a": 3}, 1)])
    assert agreement.share == pytest.approx((3 * (1 / 3) + 1) / 4)


def test_alpha_is_that_of_the_textbook() -> None:
    """Four raters, twelve units, some left out: K. Krippendorff, Computing alpha-reliability (2011), section C."""
    table = [
        [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
        [2, 2, 2, 2], [5, 5, 5], [1, 1],
    ]  # fmt: skip
    counts = counts_of([[str(value) for value in row] for row in table])
    assert retest_agreement(counts).alpha == pytest.approx(0.743, abs=0.0005)
    ordinal = retest_agreement(counts, ("1", "2", "3", "4", "5"))
    assert (ordinal.level, round(ordinal.alpha or 0, 3)) == ("ordinal", 0.815)


def test_labels_further_apart_disagree_more_where_they_have_an_order() -> None:
    near = [({"PASS": 1, "SOFT FAIL": 1}, 4), ({"PASS": 2}, 10), ({"CRITICAL": 2}, 10)]
    far = [({"PASS": 1, "CRITICAL": 1}, 4), ({"PASS": 2}, 10), ({"SOFT FAIL": 2}, 1), ({"CRITICAL": 2}, 10)]
    assert (retest_agreement(near, VERDICTS).alpha or 0) > (retest_agreement(far, VERDICTS).alpha or 1)
    assert retest_agreement(near, ()).level == "nominal"
    assert retest_agreement([*near, ({"ODD": 2}, 1)], VERDICTS).level == "nominal"


def test_chance_agrees_about_nothing() -> None:
    drawn = random.Random(5)
    rows = [[drawn.choice("abc"), drawn.choice("abc")] for _ in range(3000)]
    agreement = retest_agreement(counts_of(rows))
    assert agreement.share == pytest.approx(1 / 3, abs=0.03)
    assert agreement.alpha == pytest.approx(0, abs=0.04)


@pytest.mark.parametrize(
    ("counts", "threads", "share"), [([], 0, None), ([({"PASS": 2}, 4)], 4, 1.0), ([({"PASS": 2, "b": 0}, 4)], 4, 1.0)]
)
def test_where_nothing_can_be_told_nothing_is_said(counts: Any, threads: int, share: float | None) -> None:
    agreement = retest_agreement(counts, VERDICTS)
    assert (agreement.threads, agreement.share, agreement.alpha) == (threads, share, None)
