"""Data that ends before the bot has answered."""

import pytest

from storage.records import Message, ToolCall
from tests.tasks.evaluators.rules.talks import found, indexes, say, talk, thread_of

OPEN = [
    ("Hi", "Hello! How can I help?", "Where is my tent?"),
    ("Where is it?", "Which order?", "4471"),
    ("Cancel it", "Shall I cancel order 4471?", "yes"),
    ("Where is it?", "In Leeds.", "Thanks. And when does it come?"),
    ("Where is it?", "In Leeds.", "Please send it to York instead, thank you"),
    ("Where is it?", "Which order?", "the blue one"),
    ("Where is it?", "Which order?", "Cancel order 4471. Thanks"),
]
CLOSED = [
    ("Where is it?", "In Leeds.", "Thanks!"),
    ("Where is it?", "In Leeds. Anything else I can do?", "no"),
    ("Where is it?", "In Leeds.", "ok"),
    ("Where is it?", "In Leeds.", "Great, thank you so much for your help! ###STOP###"),
    ("Where is it?", "In Leeds.", "Got it, I'll wait until tomorrow then. Thanks for looking it up!"),
    ("Where is it?", "In Leeds."),
    ("Where is it?",),
    ("Where is it?", "In Leeds.", "That won't help me, see you later"),
    ("Which one?", "The red one or the blue one.", "None of those, goodbye!"),
    ("Which one?", "The red one or the blue one.", "not my thing but thank you"),
    ("Where is it?", "In Leeds.", "\U0001f44d"),
]


@pytest.mark.parametrize("texts", OPEN)
def test_a_last_message_that_asks_for_an_answer_leaves_the_thread_incomplete(texts: tuple[str, ...]) -> None:
    (finding,) = found("unanswered", talk(*texts))
    assert (finding.index, finding.kind) == (len(texts) - 1, "incomplete")


@pytest.mark.parametrize("texts", CLOSED)
def test_thanks_and_farewells_need_no_answer(texts: tuple[str, ...]) -> None:
    assert found("unanswered", talk(*texts)) == []


def calls(name: str) -> Message:
    return say("assistant", tool_calls=(ToolCall(name=name),))


def test_a_thread_that_ends_in_a_tool_call_is_incomplete() -> None:
    asked, call, result = say("user", "Where is it?"), calls("find_order"), say("tool", "in Leeds")
    assert indexes("unanswered", thread_of(asked, call, result)) == [2]
    assert indexes("unanswered", thread_of(asked, call)) == [1]


@pytest.mark.parametrize("name", ["transfer_to_human_agents", "end_conversation", "handoff", "escalate_ticket"])
def test_a_call_that_hands_the_user_over_ends_the_thread(name: str) -> None:
    assert found("unanswered", thread_of(say("user", "A human!"), calls(name), say("tool", "done"))) == []
