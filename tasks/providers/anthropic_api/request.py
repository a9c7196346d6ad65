"""The body of a request to the Messages API."""

from functools import lru_cache
from typing import Any

import orjson

from tasks.providers.base import ModelRequest, Turn
from tasks.providers.errors import CallRejected


def body_of(request: ModelRequest, temperature: float | None) -> bytes:
    """The request as JSON; the API has no seed.

    The answer is structured output (https://platform.claude.com/docs/en/build-with-claude/structured-outputs, 2026-11).
    """
    schema = orjson.Fragment(accepted_schema(orjson.dumps(request.answer_schema)))
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.sampling.max_output_tokens,
        "messages": [{"role": turn.role, "content": content_of(turn)} for turn in request.turns],
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
    }
    if request.system:
        body["system"] = request.system
    if temperature is not None:
        body["temperature"] = temperature
    return orjson.dumps(body)


def content_of(turn: Turn) -> str | list[dict[str, Any]]:
    """The text of a turn; images come before it (https://platform.claude.com/docs/en/build-with-claude/vision)."""
    if not turn.images:
        return turn.text
    images: list[dict[str, Any]] = [{"type": "image", "source": {"type": "url", "url": url}} for url in turn.images]
    return [*images, {"type": "text", "text": turn.text}] if turn.text else images


@lru_cache(maxsize=256)
def accepted_schema(serialised: bytes) -> bytes:
    """A JSON schema as the API takes it, by the SDK's own rules: bounds and defaults become part of the description.

    Raises:
        CallRejected: The schema has no such form.
    """
    import anthropic

    try:
        return orjson.dumps(anthropic.transform_schema(orjson.loads(serialised)))
    except (ValueError, AssertionError) as error:
        raise CallRejected(f"the answer's schema is none that the API takes: {error}") from error
