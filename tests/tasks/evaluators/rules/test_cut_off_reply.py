"""Replies that stop in the middle."""

import pytest

from tests.tasks.evaluators.rules.talks import found, indexes, say, talk, thread_of

ASKED = "How do I return the tent?"
LONG = "Put the tent back into its bag, with the poles, the pegs and the repair kit. " * 4

CUT = [
    "You can return the tent within 45 days if you bring the receipt and the",
    "Please pack the tent, the poles and the pegs, and send all of it to our",
    "We refund the price of the tent as soon as it is here, because",
    "Returns are free in our shops, by post they cost 4.90, and",
    "How to return it:\n1. Print the label.\n2. Pack the tent.\n3.",
    "What you need for a return of the tent:\n- the receipt\n- the label\n-",
    LONG + "Then print the label, stick it on the parcel, and bring it to a shop,",
    "The tent can be returned to any of our shops, or to a parcel shop (",
]
WHOLE = [
    "You can return the tent within 45 days if you bring the receipt.",
    "Bring the receipt and the tent to the shop you bought it in",
    "Sure! Which tent is it, and what would you like the refund paid to?",
    "What is it that you are looking for, and who should we send it to",
    "You can return it here: https://shop.example/returns",
    "Happy to help with the tent and everything else that you bought,\nYour Trail Team",
    "Thanks for asking. Kind regards,",
    "It will be ready at the counter in a couple of minutes,",
    "The answer is in chapter\n7.",
]


@pytest.mark.parametrize("reply", CUT)
def test_a_reply_that_stops_in_the_middle_is_found(reply: str) -> None:
    (finding,) = found("cut_off_reply", talk(ASKED, reply))
    assert (finding.index, finding.verdict) == (1, "SOFT FAIL")


@pytest.mark.parametrize("reply", WHOLE)
def test_a_whole_reply_is_not_cut_off(reply: str) -> None:
    assert found("cut_off_reply", talk(ASKED, reply)) == []


@pytest.mark.parametrize("key", ["finish_reason", "stop_reason"])
@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
def test_the_providers_word_that_the_limit_was_hit_is_believed(key: str, reason: str) -> None:
    reply = say("assistant", "You can return it.", metadata={key: reason})
    assert indexes("cut_off_reply", thread_of(say("user", ASKED), reply)) == [1]


@pytest.mark.parametrize("reason", ["stop", "end_turn", "tool_calls", None])
def test_an_ordinary_finish_reason_says_nothing(reason: str | None) -> None:
    reply = say("assistant", "You can return it.", metadata={"finish_reason": reason})
    assert found("cut_off_reply", thread_of(say("user", ASKED), reply)) == []


def test_a_reply_that_goes_on_in_the_next_message_is_not_cut_off() -> None:
    halves = ("You can return the tent within 45 days if you bring the receipt and the", "label we sent you.")
    thread = thread_of(say("user", ASKED), *(say("assistant", half) for half in halves))
    assert found("cut_off_reply", thread) == []


def test_a_sentence_the_user_wants_to_be_completed_may_end_anywhere() -> None:
    assert (
        found("cut_off_reply", talk("Finish this sentence", "It was a dark and stormy night, and the wind and the"))
        == []
    )
