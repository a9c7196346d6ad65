"""What a suite may spend of what the night has left."""

from decimal import Decimal

import pytest

from tasks.nightly.budget import Left, caps, left_of
from tasks.nightly.plan import Plan, Suite

SUITE = Suite(name="new", kind="fresh")
CAPPED = Suite(name="new", kind="fresh", budget_usd=2, budget_tokens=500)


def test_a_night_without_a_budget_sets_no_limit() -> None:
    left = left_of(Plan(name="shop", suites=(SUITE,)), Decimal(100), 10**9)
    assert not left.used_up
    assert caps(left, SUITE) == {"budget_usd": 0, "budget_tokens": 0}


def test_what_is_left_caps_each_run_and_is_used_up_at_nothing() -> None:
    plan = Plan(name="shop", budget_usd=5, budget_tokens=1000, suites=(SUITE,))
    assert caps(left_of(plan, Decimal("3.5"), 400), SUITE) == {"budget_usd": 1.5, "budget_tokens": 600}
    assert left_of(plan, Decimal(5), 0).used_up
    assert left_of(plan, Decimal(0), 1001).used_up
    assert not left_of(plan, Decimal("4.99"), 999).used_up


@pytest.mark.parametrize(("tonight", "own"), [(True, (2, 500)), (False, (5, 800))])
def test_a_run_that_goes_on_may_spend_its_suites_budget_once_a_night(tonight: bool, own: tuple[int, int]) -> None:
    found = caps(Left(usd=Decimal(100), tokens=10**6), CAPPED, Decimal(3), 300, tonight=tonight)
    assert found == {"budget_usd": own[0], "budget_tokens": own[1]}
