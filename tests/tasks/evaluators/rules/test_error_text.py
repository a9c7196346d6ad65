"""Errors shown to the user: raw ones, apologies, and the ones that end a conversation."""

import pytest

from tests.tasks.evaluators.rules.talks import found, indexes, talk

ASKED = "Where is my parcel? The number is PL-4471."

RAW = [
    "Traceback (most recent call last):\n  File \"/srv/bot.py\", line 88, in answer\nKeyError: 'carrier'",
    "Error: connect ECONNREFUSED 10.0.3.7:5432",
    '{"error": {"code": 500, "message": "backend gone"}}',
    "502 Bad Gateway",
    "I looked it up for you. java.lang.NullPointerException at ParcelService",
    "Your parcel is on its way. TypeError: Cannot read properties of undefined (reading 'eta')",
    "HTTP 503 - upstream not reachable",
    'psycopg2.errors.UndefinedColumn: column "eta" does not exist',
    "Internal Server Error",
    "Gateway timeout while calling carrier-api",
]
APOLOGIES = [
    "I'm sorry, an unexpected error occurred. Please try again later.",
    "Our system is currently down, so I cannot look this up.",
    "Sorry, something went wrong on our end.",
    "We are experiencing technical difficulties at the moment.",
    "I am unable to process your request right now.",
    "I\u2019m sorry, I\u2019ve encountered a system error while looking for the parcel.",
]
NEAR_MISSES = [
    (ASKED, "Your parcel left Leeds this morning and should reach you tomorrow."),
    (
        "I get an error at checkout, it says 'card declined'.",
        "That error means the bank refused the payment; error code 51.",
    ),
    ("My python script raises KeyError, why?", "KeyError: the key is missing from the dictionary. Use get()."),
    ("What does HTTP 502 mean?", "502 Bad Gateway means that a proxy got no usable answer from the server behind it."),
    ("Show me a traceback in Python", "Traceback (most recent call last):\n  File 'x.py', line 1\nValueError: no"),
    (ASKED, "There was an error in the address you gave us, so the carrier sent the parcel back."),
    (ASKED, "I'm sorry to hear you are having a problem with the delivery. Let me look."),
    (
        "Is it normal that my oven shows E4?",
        "Yes: E4 is the door switch. The oven is not broken, close the door firmly.",
    ),
    (ASKED, "The carrier made a mistake and delivered it to number 12; it was a human error."),
]


@pytest.mark.parametrize("reply", RAW)
def test_a_raw_error_in_a_reply_is_a_hard_fail(reply: str) -> None:
    (finding,) = found("error_text", talk(ASKED, reply))
    assert (finding.index, finding.verdict) == (1, "HARD FAIL")


@pytest.mark.parametrize("reply", APOLOGIES)
def test_an_apology_for_an_own_failure_is_a_soft_fail(reply: str) -> None:
    (finding,) = found("error_text", talk(ASKED, reply))
    assert (finding.index, finding.verdict) == (1, "SOFT FAIL")


@pytest.mark.parametrize("texts", NEAR_MISSES)
def test_talk_of_errors_is_not_an_error(texts: tuple[str, ...]) -> None:
    assert found("error_text", talk(*texts)) == []


ENDS = [
    (ASKED, "Error: upstream timed out (504)"),
    (ASKED, "One moment please.", "ok", "502 Bad Gateway"),
    (ASKED, "Sorry, something went wrong on our end.", "thanks anyway"),
    (ASKED, "Our system is currently down.", "are you still there? I need this today"),
    ("hi", "Hello! How can I help?", ASKED, "Traceback (most recent call last):\n  ..."),
]
DOES_NOT_END = [
    (ASKED, "Error: upstream timed out (504)", "hello?", "Sorry for that. Your parcel is in Leeds."),
    (ASKED, "It is in Leeds.", "Thanks, bye!", "Error: session closed unexpectedly"),
    (ASKED, "It is in Leeds.", "Thanks, that's all", "You're welcome!"),
    (ASKED, "It comes tomorrow."),
    ("What does error 504 mean?", "504 is a time-out of a gateway."),
    (ASKED,),
]


@pytest.mark.parametrize("texts", ENDS)
def test_a_last_word_that_is_an_error_breaks_the_thread(texts: tuple[str, ...]) -> None:
    last_reply = max(at for at in range(len(texts)) if at % 2)
    assert indexes("ends_in_error", talk(*texts)) == [last_reply]


@pytest.mark.parametrize("texts", DOES_NOT_END)
def test_an_error_that_is_not_the_end_of_the_errand_breaks_nothing(texts: tuple[str, ...]) -> None:
    assert found("ends_in_error", talk(*texts)) == []


def test_the_line_with_the_error_is_quoted() -> None:
    (finding,) = found("error_text", talk(ASKED, "Let me see.\nValueError: bad carrier code\nStill looking."))
    assert finding.evidence[0].quote == "ValueError: bad carrier code"
