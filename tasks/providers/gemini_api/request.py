"""The parameters of generateContent (https://ai.google.dev/api/generate-content, 2026-11)."""

from mimetypes import guess_type
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson

from tasks.providers.base import ModelRequest, Turn
from tasks.providers.gemini_api.schema import accepted_schema

if TYPE_CHECKING:
    from google.genai import types

FILES_HOST = "generativelanguage.googleapis.com"
LIKELY_IMAGE = "image/jpeg"


def config_of(request: ModelRequest, temperature: float | None) -> "types.GenerateContentConfig":
    """Everything but the conversation; the SDK is to send it once and give the body as it comes."""
    from google.genai import types

    return types.GenerateContentConfig(
        system_instruction=request.system or None,
        temperature=temperature,
        seed=request.sampling.seed,
        max_output_tokens=request.sampling.max_output_tokens,
        response_mime_type="application/json",
        response_json_schema=accepted_schema(orjson.dumps(request.answer_schema)),
        should_return_http_response=True,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def content_of(turn: Turn) -> "types.Content":
    """A turn; images come before the text (https://ai.google.dev/gemini-api/docs/image-understanding, 2026-11)."""
    from google.genai import types

    parts = [types.Part(file_data=types.FileData(file_uri=url, mime_type=media_type_of(url))) for url in turn.images]
    if turn.text:
        parts.append(types.Part(text=turn.text))
    return types.Content(role="model" if turn.role == "assistant" else "user", parts=parts)


def media_type_of(url: str) -> str | None:
    """The media type, which the API asks for; None for a file of its own Files API, where it knows better."""
    parts = urlsplit(url)
    guessed, _ = guess_type(parts.path, strict=False)
    return guessed or (None if parts.hostname == FILES_HOST else LIKELY_IMAGE)
