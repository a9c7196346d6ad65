"""Arithmetic written out in a reply: equations, percentages, totals in lines and in sentences."""

import pytest

from tests.tasks.evaluators.rules.talks import found, talk

ASKED = "What do I have to pay?"

WRONG = [
    "That is 3 x $19.90 = $59.00.",
    "103.90 - 4.90 = 95.00 \u20ac",
    "$1,200 + $350 = $1,500",
    "2 + 2 * 3 = 12",
    "120 / 8 = 12",
    "15% of $200 is $35.",
    "20 percent of 1,500 = 250",
    "Tent: $120.00\nPegs: $8.50\nTotal: $130.50",
    "- Tent: \u20ac100\n- Shipping: \u20ac5\n\nTotal amount: \u20ac115",
    "Subtotal: $100.00\nTax: $8.00\nTotal: $110.00",
    "You pay $40.00 for the stove and $12.50 for the gas, for a total of $62.50.",
    "You get 4 sets of pegs at $3.00 each, which comes to $15.00.",
    "Tent: $120.00\nDiscount: $20.00\nTotal: $110.00",
    "7 \u00d7 8 = 54",
]
RIGHT = [
    "That is 3 x $19.90 = $59.70.",
    "$1,200 + $350 = $1,550 and 10 / 3 = 3.33 and 2/3 = 0.67",
    "15% of $200 is $30, 33.3% of 300 is 100.",
    "Tent: $120.00\nPegs: $8.50\nTotal: $128.50",
    "Subtotal: $100.00\nTax: $8.00\nTotal: $108.00",
    "Tent: $120.00\nDiscount: $20.00\nTotal: $100.00",
    "You pay $40.00 for the stove and $12.50 for the gas, for a total of $52.50.",
    "You get 4 sets of pegs at $3.00 each, which comes to $12.00.",
]
NO_CLAIM = [
    "x + 2 = 5, so x = 3",
    "2x + 3 = 7",
    "3 + 4 = 5 + 2",
    "45 + 15 = 1 hour",
    "7 + 8 = 3 (mod 12)",
    "1 + 1 = 10 in binary",
    "It is not true that 2 + 2 = 5.",
    "Open 9 - 5 = 8 hours a day",
    "Pages 10-15 = 6 pages",
    "1.234 + 1 = 1.235",
    "2,50 + 3,50 = 6,00",
    "10^2 + 1 = 101 and (2 + 3) * 4 = 20",
    "3 + 4 + ... + 10 = 52",
    "about 2 x 48.7 = 100",
    "Tent: $120 each\nPegs: $8\nTotal: $248",
    "| Tent | 2 | $120 |\n| Pegs | 1 | $8 |\n\nTotal: $248",
    "Tent: $120\nPegs: $8\nWe also sell stoves.\nTotal: $500",
    "Your $200 ticket and the $50 fee leave a total of $150 on the card.",
    "12/25 = Christmas",
    "480 * 1/4 = 120",
]


@pytest.mark.parametrize("reply", WRONG)
def test_arithmetic_that_does_not_add_up_is_a_hard_fail(reply: str) -> None:
    (finding,) = found("arithmetic", talk(ASKED, reply))
    assert (finding.index, finding.verdict) == (1, "HARD FAIL")


@pytest.mark.parametrize("reply", RIGHT)
def test_arithmetic_that_adds_up_is_left_alone(reply: str) -> None:
    assert found("arithmetic", talk(ASKED, reply)) == []


@pytest.mark.parametrize("reply", NO_CLAIM)
def test_what_only_looks_like_a_sum_is_left_alone(reply: str) -> None:
    assert found("arithmetic", talk(ASKED, reply)) == []


def test_an_equation_the_user_wrote_is_not_held_against_the_bot() -> None:
    assert found("arithmetic", talk("My invoice says 2 + 2 = 5", "I see, the invoice says 2 + 2 = 5.")) == []


def test_arithmetic_in_code_is_left_alone() -> None:
    assert found("arithmetic", talk(ASKED, "```\n1 + 1 = 3\n```")) == []


def test_the_sum_that_was_expected_is_named() -> None:
    (finding,) = found("arithmetic", talk(ASKED, "Tent: $120.00\nPegs: $8.50\nTotal: $130.50"))
    assert "128.50" in finding.reasoning
    assert finding.evidence[0].quote == "Total: $130.50"
