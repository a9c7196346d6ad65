"""Slots left in a reply: those that cannot be meant for the reader, and those that a draft may hold."""

import pytest

from tests.tasks.evaluators.rules.talks import found, talk

ASKED = "When will my order come?"

LEFT_IN = [
    ("Hello {{first_name}}, your order is on its way.", "HARD FAIL"),
    ("I am {{ name }}, and I can help you with that.", "HARD FAIL"),
    ("Your order {order_id} ships on Monday.", "HARD FAIL"),
    ("It will arrive on ${delivery_date}.", "HARD FAIL"),
    ("Dear %(customer)s, it ships on Monday.", "HARD FAIL"),
    ("Hi None, your order is on its way.", "HARD FAIL"),
    ("Your order number is undefined.", "HARD FAIL"),
    ("You will be charged $NaN on Monday.", "HARD FAIL"),
    ("It was delivered to [object Object].", "HARD FAIL"),
    ("Expected delivery: Invalid Date", "HARD FAIL"),
    ("Your parcel [TRACKING_NUMBER] left the depot.", "SOFT FAIL"),
    ("Hi [FIRST_NAME], it ships on Monday.", "SOFT FAIL"),
]
NEAR_MISSES = [
    (ASKED, "None of your orders is late; the total is $20."),
    (ASKED, "See [your orders](https://shop.example/orders) for the date."),
    ("How do I use {{name}} in a Jinja template?", "Write {{name}} where the name should stand."),
    ("Write a python f-string with the user's name", "Use f'Hello {user_name}'."),
    ("Write a letter to my landlord", "Dear [LANDLORD_NAME], I am writing about the heating."),
    (ASKED, "It comes on Monday [1], as the carrier says [2]."),
    (ASKED, "In set notation that is {a, b} and {c}."),
    (ASKED, "Nothing is undefined here: it comes on Monday."),
    (ASKED, "The formula is x^{{n}} for each day."),
    (ASKED, "Use `{order_id}` as it is, in the search box."),
]


@pytest.mark.parametrize(("reply", "verdict"), LEFT_IN)
def test_a_slot_that_nobody_filled_in_is_found(reply: str, verdict: str) -> None:
    (finding,) = found("placeholder", talk(ASKED, reply))
    assert (finding.index, finding.verdict) == (1, verdict)


@pytest.mark.parametrize("texts", NEAR_MISSES)
def test_braces_and_brackets_that_are_meant_are_left_alone(texts: tuple[str, ...]) -> None:
    assert found("placeholder", talk(*texts)) == []


BRACKETS = [
    "Hello, my name is [Your Name] and I can help.",
    "Today is [insert current date].",
    "Your agent is [Agent Name].",
    "It was sent to <your address>.",
    "It ships on [date] at [time].",
    "The total is [amount].",
]
NO_BRACKETS = [
    (ASKED, "[laughs] It comes on Monday."),
    (ASKED, "See [price](https://shop.example/price)."),
    ("Draft an e-mail to my boss", "Hi [Boss's name], I would like Monday off. [Your Name]"),
    (ASKED, "Dear customer,\nit comes on Monday.\nRegards, [Your Name]"),
    (ASKED, "<b>It comes on Monday</b>"),
    ("Give me a form for new members", "Name: [name], e-mail: [email]"),
]


@pytest.mark.parametrize("reply", BRACKETS)
def test_a_bracket_to_fill_in_is_a_finding_of_the_check_that_is_off_by_default(reply: str) -> None:
    (finding,) = found("bracket_slot", talk(ASKED, reply))
    assert (finding.index, finding.verdict) == (1, "SOFT FAIL")


@pytest.mark.parametrize("texts", NO_BRACKETS)
def test_a_draft_may_hold_brackets(texts: tuple[str, ...]) -> None:
    assert found("bracket_slot", talk(*texts)) == []


def test_one_reply_gives_one_finding_with_the_slot_as_evidence() -> None:
    (finding,) = found("placeholder", talk(ASKED, "Hi {{name}}, order {{order}} ships on {{date}}."))
    assert [evidence.quote for evidence in finding.evidence] == ["{{name}}"]
