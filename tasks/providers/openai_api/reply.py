"""The reply of a chat completion, of which only what is used is read: servers that are compatible leave much out."""

import json

from pydantic import BaseModel, JsonValue, ValidationError

from tasks.providers.base import ModelReply
from tasks.providers.errors import AnswerRefused, AnswerTruncated, CallFailed

MOST_TOKENS = 2**53
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
    completion = read_completion(body)
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


def read_completion(body: str) -> Completion:
    """Parse a body.

    Raises:
        CallFailed: It is not JSON, or JSON of something else.
    """
    try:
        return Completion.model_validate(json.loads(body))
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise CallFailed(f"the reply is no chat completion ({where}): {body[:200]}") from error
    except (ValueError, RecursionError) as error:
        raise CallFailed(f"the reply is not JSON ({error}): {body[:200]}") from error


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


def tokens(usage: JsonValue, *path: str) -> int:
    """A number of tokens billed; 0 where the server does not say, or says what is none."""
    for name in path:
        usage = usage.get(name) if isinstance(usage, dict) else None
    return usage if isinstance(usage, int) and 0 <= usage < MOST_TOKENS else 0
