"""The reply of a chat completion, of which only what is used is read: servers that are compatible leave much out."""

from pydantic import BaseModel, JsonValue

from tasks.providers.base import ModelReply
from tasks.providers.bodies import read_body, tokens
from tasks.providers.errors import AnswerRefused, AnswerTruncated, CallFailed

CUT_OFF = {"length", "max_tokens"}
BROKEN_OFF = {"error", "abort", "insufficient_system_resource"}  # of OpenRouter, vLLM and DeepSeek


class Said(BaseModel):
    """What the model said."""

    content: str | None = None
    refusal: str | None = None


class Choice(BaseModel):
    """One answer, and why it ended."""

    message: Said
    finish_reason: str | None = None


class Completion(BaseModel):
    """The body of a reply."""

    choices: list[Choice]
    model: JsonValue = None
    usage: JsonValue = None


def reply_of(body: str) -> ModelReply:
    """The answer in the body of a reply.

    Raises:
        ModelError: It is no completion, or the answer was refused, cut off or is empty.
    """
    completion = read_body(body, Completion, "no chat completion")
    if not completion.choices:
        raise CallFailed("the reply has no choices")
    choice = completion.choices[0]
    text, ending = choice.message.content or "", choice.finish_reason
    reply = reply_with(text, completion)
    if choice.message.refusal or ending == "content_filter":
        raise AnswerRefused(choice.message.refusal or "stopped by the content filter", reply)
    if ending in CUT_OFF:
        raise AnswerTruncated(f"cut off after {reply.tokens_out} tokens: raise EVALFLOWS_MAX_OUTPUT_TOKENS", reply)
    if ending in BROKEN_OFF:
        raise CallFailed(f"the answer was broken off ({ending})", reply=reply)
    if not text.strip():
        raise CallFailed("the answer is empty", reply=reply)
    return reply


def reply_with(text: str, completion: Completion) -> ModelReply:
    """The text with what it cost, as far as the server says so."""
    tokens_in, tokens_out = tokens(completion.usage, "prompt_tokens"), tokens(completion.usage, "completion_tokens")
    cached = tokens(completion.usage, "prompt_tokens_details", "cached_tokens")
    reasoning = tokens(completion.usage, "completion_tokens_details", "reasoning_tokens")
    model = completion.model
    return ModelReply(
        text=text,
        tokens_in=tokens_in,
        tokens_cached=min(cached, tokens_in),
        tokens_out=tokens_out,
        tokens_reasoning=min(reasoning, tokens_out),
        served_model=model if isinstance(model, str) and model else None,
    )
