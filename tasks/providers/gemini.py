"""`gemini:MODEL`: the Gemini API, also on Google Cloud (Vertex AI), and what is compatible through its base URL."""

import asyncio
from importlib import import_module
from typing import Any

from settings import Settings
from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.bodies import no_answer_within
from tasks.providers.environment import check_model
from tasks.providers.gemini_api.client import (
    Connection,
    address_of,
    check_environment,
    connect,
    secrets_of,
    uses_vertex,
)
from tasks.providers.gemini_api.errors import as_model_error, refuses_temperature
from tasks.providers.gemini_api.reply import reply_of
from tasks.providers.gemini_api.request import config_of, content_of


class GeminiProvider:
    """One client of the google-genai SDK, its own retries switched off."""

    name = "gemini"
    free = False

    def __init__(self, model: str, settings: Settings) -> None:
        """Read the SDK's own environment variables.

        These are GEMINI_API_KEY or GOOGLE_API_KEY (which goes first), GOOGLE_GEMINI_BASE_URL, GOOGLE_GENAI_API_VERSION;
        with GOOGLE_GENAI_USE_VERTEXAI or GOOGLE_GENAI_USE_ENTERPRISE also GOOGLE_CLOUD_PROJECT, GOOGLE_CLOUD_LOCATION,
        GOOGLE_VERTEX_BASE_URL, and the credentials of `gcloud auth application-default login`.

        Raises:
            UnusableJudge: There is no model name or no key, or the base URL is none.
        """
        import_module("google.genai")  # takes a second, which is not to be part of the first call
        check_model(self.name, model, "gemini-3.5-flash")
        self._vertex = uses_vertex()
        check_environment(f"{self.name}:{model}", vertex=self._vertex)
        self.model = model
        self.base_url = address_of(vertex=self._vertex)
        self._secrets = secrets_of(vertex=self._vertex)
        self._timeout_seconds = settings.call_timeout_seconds
        self._refuses_temperature = False
        self._connection: Connection | None = None

    async def complete(self, request: ModelRequest, item: str, method: str) -> ModelReply:
        """Make the call once; see `Provider.complete`. A model that refuses a temperature is asked without."""
        import aiohttp
        from google.auth.exceptions import GoogleAuthError
        from google.genai.errors import APIError

        temperature = None if self._refuses_temperature else request.sampling.temperature
        try:
            body = await self._generate(request, temperature)
        except APIError as error:
            if temperature is None or not refuses_temperature(error):
                raise as_model_error(error, self._secrets) from None  # its message may hold the key
            self._refuses_temperature = True
            return await self.complete(request, item, method)
        except TimeoutError as error:
            raise no_answer_within(self._timeout_seconds) from error
        except (aiohttp.ClientError, GoogleAuthError, ValueError, RecursionError) as error:
            raise as_model_error(error, self._secrets) from None  # its message may hold the key
        return reply_of(body)

    async def close(self) -> None:
        """Close the client's connections."""
        if self._connection is not None:
            await self._connection.close()

    async def _generate(self, request: ModelRequest, temperature: float | None) -> str:
        """The body of the reply, not parsed by the SDK, which takes anything for a reply.

        The SDK has no call below this one that is public; it costs 2 ms of CPU, half of it for walking the parameters.
        Its time-out is told to the server, which refuses one of less than 10 seconds.
        """
        if self._connection is None:  # not in the constructor: it needs a running loop
            self._connection = await connect(vertex=self._vertex)
        models: Any = self._connection.client.aio.models  # its types name packages that are not installed
        contents, config = [content_of(turn) for turn in request.turns], config_of(request, temperature)
        async with asyncio.timeout(self._timeout_seconds):
            reply = await models.generate_content(model=request.model, contents=contents, config=config)
        return reply.sdk_http_response.body or ""
