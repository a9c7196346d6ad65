"""Blank replies, and what only looks like one."""

import pytest

from storage.records import Message, ToolCall
from tests.tasks.evaluators.rules.talks import found, indexes, say, talk, thread_of

BLANK = ["", "   \n\t ", "\u200b\ufeff", "...", "null", "NaN", "undefined", "{}", "-", "\u00a0"]
SHOWN = ["No.", "42", "\U0001f44d", "\u662f", "None.", "?!?! wait", "null and void, I'm afraid"]
CALL = ToolCall(name="find_order")


@pytest.mark.parametrize("reply", BLANK)
def test_a_reply_that_shows_nothing_is_a_hard_fail(reply: str) -> None:
    (finding,) = found("blank_reply", talk("Which of my orders is late?", reply))
    assert (finding.index, finding.verdict) == (1, "HARD FAIL")


@pytest.mark.parametrize("reply", SHOWN)
def test_a_short_reply_is_not_blank(reply: str) -> None:
    assert found("blank_reply", talk("Is my order late?", reply)) == []


NOT_BLANK: list[tuple[Message, ...]] = [
    (say("assistant"), say("user", "Hello?"), say("assistant", "Hello!")),
    (
        say("user", "Where is it?"),
        say("assistant", tool_calls=(CALL,)),
        say("tool", "{}"),
        say("assistant", "In Leeds."),
    ),
    (say("user", "Where is it?"), say("assistant", tool_calls=(CALL,))),
    (say("user", "A map?"), say("assistant", has_image=True)),
    (say("user", "Where is it?"), say("assistant"), say("assistant", "In Leeds.")),
    (say("user", "Thanks, bye!"), say("assistant")),
    (say("user", "Draw me a house"), say("assistant", "/\\_\n|_|  ")),
]


@pytest.mark.parametrize("messages", NOT_BLANK)
def test_a_turn_that_acts_or_needs_no_answer_is_not_blank(messages: tuple[Message, ...]) -> None:
    assert found("blank_reply", thread_of(*messages)) == []


def test_silence_after_a_tool_is_blank_although_the_bot_spoke_before_it() -> None:
    messages = (
        say("user", "Where is it?"),
        say("assistant", "Let me look.", tool_calls=(CALL,)),
        say("tool", "in Leeds"),
        say("assistant", " "),
    )
    assert indexes("blank_reply", thread_of(*messages)) == [3]


def test_the_question_that_got_no_answer_is_the_evidence() -> None:
    (finding,) = found("blank_reply", talk("hi", "Hello!", "Cancel the blue one.", ""))
    assert [(evidence.index, evidence.quote) for evidence in finding.evidence] == [(2, "Cancel the blue one.")]
