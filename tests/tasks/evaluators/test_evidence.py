"""Evidence is looked up in the message it is said to come from."""

import pytest

from tasks.evaluators.evidence import locate
from tests.tasks.evaluators.rules.talks import talk

THREAD = talk(
    "Where is  my\nparcel?",
    "It\u2019s in Leeds \u2013 \u201cwith the carrier\u201d. Caf\u00e9 Z\u00fcrich\u2026 soon.",
    "",
)

FOUND = [
    (0, "Where is my parcel?"),
    (0, "where IS my   parcel"),
    (1, 'It\'s in Leeds - "with the carrier"'),
    (1, "cafe\u0301 z\u00fcrich..."),
    (1, "... in Leeds ..."),
    (1, "in\u00a0Leeds"),
    (1, "Le\u00adeds"),
]
NOT_FOUND = [
    (0, "Where is your parcel?"),
    (1, "Where is my parcel?"),
    (1, "It's in Leeds with the carrier"),
    (1, "cafe zurich"),
    (0, ""),
    (0, "  \n "),
    (2, "anything"),
    (3, "Where"),
    (-1, "Leeds"),
    (1, "It's in ... the carrier"),
]


@pytest.mark.parametrize(("index", "quote"), FOUND)
def test_a_quotation_that_stands_there_is_found(index: int, quote: str) -> None:
    evidence = locate(THREAD, index, quote)
    assert (evidence.found, evidence.index, evidence.quote) == (True, index, quote)


@pytest.mark.parametrize(("index", "quote"), NOT_FOUND)
def test_an_invented_quotation_is_flagged(index: int, quote: str) -> None:
    evidence = locate(THREAD, index, quote)
    assert (evidence.found, evidence.index, evidence.quote) == (False, index, quote)
