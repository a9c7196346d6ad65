"""The reply of a chat completion, of which only what is used is read: servers that are compatible leave much out."""

import json

from pydantic import BaseModel, JsonValue, ValidationError

from tasks.providers.base import ModelReply
from tasks.providers.errors import AnswerRefused, AnswerTruncated, CallFailed

MOST_TOKENS = 2**53


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
    usage: JsonValue = None


def reply_of(body: str) -> ModelReply:
    """The answer in the body of a reply.

    Raises:
        ModelError: It is no completion, or the answer was refused, cut off or is empty.
    """
    completion = read_completion(body)
    tokens_in, tokens_out = (tokens(completion.usage, f"{side}_tokens") for side in ("prompt", "completion"))
    if not completion.choices:
        raise CallFailed("the reply has no choices")
    choice = completion.choices[0]
    text = choice.message.content or ""
    reply = ModelReply(text=text, tokens_in=tokens_in, tokens_out=tokens_out)
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise AnswerRefused(choice.message.refusal or "stopped by the content filter", reply)
    if choice.finish_reason == "length":
        raise AnswerTruncated(f"cut off after {tokens_out} tokens: raise EVALFLOWS_MAX_OUTPUT_TOKENS", reply)
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


def tokens(usage: JsonValue, name: str) -> int:
    """A number of tokens billed; 0 where the server does not say, or says what is none."""
    number = usage.get(name) if isinstance(usage, dict) else None
    return number if isinstance(number, int) and 0 <= number < MOST_TOKENS else 0
