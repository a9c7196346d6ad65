"""The body of a chat completion."""

from collections.abc import Set
from typing import Any, Literal

from tasks.providers.base import ModelRequest, Turn

LimitName = Literal["max_completion_tokens", "max_tokens"]


def body_of(request: ModelRequest, limit_name: LimitName, left_out: Set[str]) -> dict[str, Any]:
    """The parsed JSON to send.

    Args:
        request: The call.
        limit_name: What the server calls the limit of output tokens.
        left_out: Parameters the model refuses.
    """
    sampling = request.sampling
    parameters = {"temperature": sampling.temperature, "seed": sampling.seed, limit_name: sampling.max_output_tokens}
    sent = {name: value for name, value in parameters.items() if value is not None and name not in left_out}
    messages = [{"role": "system", "content": request.system}, *map(message_of, request.turns)]
    return {"model": request.model, "messages": messages, "response_format": response_format(request), **sent}


def message_of(turn: Turn) -> dict[str, Any]:
    """A turn as a message, its images as parts (https://platform.openai.com/docs/guides/images-vision, 2026-11)."""
    if not turn.images:
        return {"role": turn.role, "content": turn.text}
    images = [{"type": "image_url", "image_url": {"url": url}} for url in turn.images]
    texts = [{"type": "text", "text": turn.text}] if turn.text else []
    return {"role": turn.role, "content": [*texts, *images]}


def response_format(request: ModelRequest) -> dict[str, Any]:
    """Structured output in strict mode (https://platform.openai.com/docs/guides/structured-outputs, 2026-11)."""
    schema = {"name": request.schema_name, "schema": request.answer_schema, "strict": True}
    return {"type": "json_schema", "json_schema": schema}
