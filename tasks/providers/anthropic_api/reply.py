"""The reply of the Messages API, of which only what is used is read: servers that are compatible leave much out."""

from pydantic import BaseModel, JsonValue

from tasks.providers.base import ModelReply
from tasks.providers.bodies import read_body, tokens
from tasks.providers.errors import AnswerRefused, AnswerTruncated, CallFailed

COMPLETE = {"end_turn", "stop_sequence", None}
"""Reasons to stop after a whole answer; a compatible server may give none
(https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons, 2026-11)."""


class Block(BaseModel):
    """A part of the answer; only those of type `text` are said, others are thought."""

    type: str
    text: str = ""


class StopDetails(BaseModel):
    """Why the model declined."""

    category: str | None = None
    explanation: str | None = None


class Message(BaseModel):
    """The body of a reply."""

    content: list[Block]
    model: str | None = None
    stop_reason: str | None = None
    stop_details: StopDetails | None = None
    usage: JsonValue = None


def reply_of(body: str) -> ModelReply:
    """The answer in the body of a reply.

    Raises:
        ModelError: It is no message, or the answer was refused, cut off or is empty.
    """
    message = read_body(body, Message, "no message")
    text = "".join(block.text for block in message.content if block.type == "text")
    reply = with_usage(text, message)
    if message.stop_reason == "refusal":
        details = message.stop_details or StopDetails()
        raise AnswerRefused(details.explanation or f"the model declined ({details.category or 'no reason'})", reply)
    if message.stop_reason == "max_tokens":
        raise AnswerTruncated(f"cut off after {reply.tokens_out} tokens: raise EVALFLOWS_MAX_OUTPUT_TOKENS", reply)
    if message.stop_reason == "model_context_window_exceeded":
        raise AnswerTruncated("cut off where the model's context window ends: make the windows smaller", reply)
    if message.stop_reason not in COMPLETE:
        raise CallFailed(f"the answer is not complete: it stopped for {message.stop_reason!r}", reply)
    if not text.strip():
        raise CallFailed("the answer is empty", reply)
    return reply


def with_usage(text: str, message: Message) -> ModelReply:
    """The reply with what was billed: what is read from and written to the cache is counted apart by the API."""
    usage = message.usage
    read, written = tokens(usage, "cache_read_input_tokens"), tokens(usage, "cache_creation_input_tokens")
    return ModelReply(
        text=text,
        tokens_in=tokens(usage, "input_tokens") + read + written,
        tokens_cached=read,
        tokens_out=tokens(usage, "output_tokens"),
        tokens_reasoning=tokens(usage, "output_tokens_details", "thinking_tokens"),
        served_model=message.model,
    )
