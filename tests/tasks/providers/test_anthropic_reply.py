"""The reply of the Messages API: which parts of it are the answer, and when there is none."""

import json
from typing import Any

import pytest

from tasks.providers.anthropic_api.reply import reply_of
from tasks.providers.base import ModelReply
from tasks.providers.errors import AnswerRefused, AnswerTruncated, CallFailed, ModelError

ANSWER = '{"verdict": "PASS"}'
SAID = {"type": "text", "text": ANSWER}


def read(content: Any, **more: Any) -> ModelReply:
    """The reply in a message that ended by itself, unless it is said otherwise."""
    return reply_of(json.dumps({"type": "message", "content": content, "stop_reason": "end_turn", **more}))


def test_thinking_is_no_part_of_the_answer() -> None:
    thought = [{"type": "thinking", "thinking": "FAIL?", "signature": "s"}, {"type": "redacted_thinking", "data": "x"}]
    assert read([*thought, SAID]).text == ANSWER


def test_an_answer_in_pieces_is_put_together() -> None:
    assert read([{"type": "text", "text": '{"verdict": '}, {"type": "text", "text": '"PASS"}'}]).text == ANSWER


def test_input_read_from_the_cache_and_written_to_it_is_input_too() -> None:
    usage = {
        "input_tokens": 7,
        "cache_creation_input_tokens": 20,
        "cache_read_input_tokens": 300,
        "output_tokens": 50,
        "output_tokens_details": {"thinking_tokens": 40},
    }
    reply = read([SAID], usage=usage, model="claude-x-20260101")
    assert (reply.tokens_in, reply.tokens_cached) == (327, 300)
    assert (reply.tokens_out, reply.tokens_reasoning) == (50, 40)
    assert reply.served_model == "claude-x-20260101"


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "free",
        [],
        {},
        {"input_tokens": None, "output_tokens": "many", "output_tokens_details": 7},
        {"input_tokens": -1},
    ],
)
def test_a_server_that_does_not_say_what_it_bills_is_taken_at_its_answer(usage: object) -> None:
    reply = read([SAID], usage=usage)
    assert (reply.text, reply.tokens_in, reply.tokens_cached) == (ANSWER, 0, 0)
    assert (reply.tokens_out, reply.tokens_reasoning) == (0, 0)


@pytest.mark.parametrize("reason", ["end_turn", "stop_sequence", None])
def test_an_answer_that_came_to_its_end_is_one(reason: str | None) -> None:
    assert read([SAID], stop_reason=reason).text == ANSWER


@pytest.mark.parametrize(
    ("reason", "kind", "told"),
    [
        ("max_tokens", AnswerTruncated, "EVALFLOWS_MAX_OUTPUT_TOKENS"),
        ("model_context_window_exceeded", AnswerTruncated, "context window"),
        ("refusal", AnswerRefused, "the model declined"),
        ("pause_turn", CallFailed, "pause_turn"),
        ("tool_use", CallFailed, "tool_use"),
        ("a_reason_to_come", CallFailed, "a_reason_to_come"),
    ],
)
def test_an_answer_that_did_not_is_none_and_was_paid_for(reason: str, kind: type[ModelError], told: str) -> None:
    with pytest.raises(kind, match=told) as caught:
        read([SAID], stop_reason=reason, usage={"output_tokens": 9})
    assert type(caught.value) is kind
    assert caught.value.reply is not None
    assert (caught.value.reply.text, caught.value.reply.tokens_out) == (ANSWER, 9)


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ({"type": "refusal", "category": "cyber", "explanation": "It asks for\nmalware."}, "It asks for malware."),
        ({"type": "refusal", "category": "cyber", "explanation": None}, "the model declined (cyber)"),
        (None, "the model declined (no reason)"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_api(details: object, told: str) -> None:
    with pytest.raises(AnswerRefused) as caught:
        read([], stop_reason="refusal", stop_details=details)
    assert str(caught.value) == told


@pytest.mark.parametrize(
    "content", [None, "PASS", {}, ["PASS"], [None], [{"text": "PASS"}], [{"type": "text", "text": ["PASS"]}]]
)
def test_content_that_is_none_is_worth_another_try(content: object) -> None:
    with pytest.raises(CallFailed, match="the reply is no message"):
        read(content)


@pytest.mark.parametrize("content", [[], [{"type": "thinking", "thinking": "..."}], [{"type": "text", "text": " \n"}]])
def test_an_answer_without_text_is_worth_another_try(content: object) -> None:
    with pytest.raises(CallFailed, match="the answer is empty"):
        read(content)


def test_characters_postgres_cannot_hold_are_replaced() -> None:
    assert read([{"type": "text", "text": "a\0b\ud800c"}]).text == "a\ufffdb\ufffdc"
