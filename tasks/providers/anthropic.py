"""`anthropic:MODEL`: the Claude API (Messages), and anything compatible through ANTHROPIC_BASE_URL."""

import asyncio
import os
from typing import TYPE_CHECKING

from settings import Settings
from tasks.providers.anthropic_api.errors import as_model_error, is_about
from tasks.providers.anthropic_api.reply import reply_of
from tasks.providers.anthropic_api.request import body_of
from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.bodies import no_answer_within
from tasks.providers.environment import check_headers, check_model, check_url, header_lines, variable
from tasks.providers.errors import UnusableJudge

if TYPE_CHECKING:
    import anthropic

ANTHROPIC_URL = "https://api.anthropic.com"
BASE_URL, EXTRA_HEADERS = "ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS"
TEMPERATURE, HOTTEST = "temperature", 1.0
VERSION_WITH_TEMPERATURE = {"anthropic-version": "2023-06-01"}
"""The API version that has a temperature; 2026-10-21, the SDK's own, refuses every one
(https://platform.claude.com/docs/en/api/migration-2026-10-21, 2026-11)."""


class AnthropicProvider:
    """One client of the anthropic SDK, whose own retries and time-outs are switched off."""

    name = "anthropic"
    free = False

    def __init__(self, model: str, settings: Settings) -> None:
        """Make the client from the SDK's own environment variables.

        These are ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL, ANTHROPIC_CUSTOM_HEADERS (lines of
        `name: value`), and those of profiles and workload identity.

        Raises:
            UnusableJudge: There is no model name or no key, or the URL, a header or the temperature cannot be used.
        """
        check_model(self.name, model, "claude-haiku-5-5")
        self._client = client_for(f"{self.name}:{model}", settings)
        self.model = model
        self.base_url = str(self._client.base_url.copy_with(userinfo=b"", query=None))
        self._timeout_seconds = settings.call_timeout_seconds
        self._secrets = secrets_of(self._client)
        self._refuses_temperature = False

    async def complete(self, request: ModelRequest, item: str, method: str) -> ModelReply:
        """Make the call once; see `Provider.complete`. A model that refuses a temperature is asked without."""
        import anthropic

        temperature = None if self._refuses_temperature else request.sampling.temperature
        try:
            body = await self._create(request, temperature)
        except anthropic.BadRequestError as error:
            if temperature is None or temperature > HOTTEST or not is_about(error, TEMPERATURE):
                raise as_model_error(error, self._secrets) from None  # its message may hold the key
            self._refuses_temperature = True
            return await self.complete(request, item, method)
        except TimeoutError as error:
            raise no_answer_within(self._timeout_seconds) from error
        except anthropic.AnthropicError as error:
            raise as_model_error(error, self._secrets) from None  # its message may hold the key
        return reply_of(body)

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()

    async def _create(self, request: ModelRequest, temperature: float | None) -> str:
        """The body of the reply, not parsed by the SDK, which takes anything for a message.

        The SDK's own `post` carries the key, the version and the mapping of errors; `messages.create` does no more,
        and walks every parameter, the schema included. Its time-out is one of each read: a server that drips would
        hold the call for ever.
        """
        headers = {} if temperature is None else VERSION_WITH_TEMPERATURE
        content = body_of(request, temperature)
        async with asyncio.timeout(self._timeout_seconds):
            return await self._client.post("/v1/messages", cast_to=str, content=content, options={"headers": headers})


def client_for(judge: str, settings: Settings) -> "anthropic.AsyncAnthropic":
    """The SDK's client, with all it needs to make a call; the SDK itself only looks when it sends.

    Raises:
        UnusableJudge: Something is missing, or cannot be used.
    """
    import anthropic

    if settings.temperature > HOTTEST:
        raise UnusableJudge(
            f"judge {judge!r} takes a temperature of 0 to 1: EVALFLOWS_TEMPERATURE is {settings.temperature:g}"
        )
    url = url_for(judge)
    http_client = anthropic.DefaultAioHttpClient()
    try:
        client = anthropic.AsyncAnthropic(base_url=url, max_retries=0, timeout=None, http_client=http_client)
    except anthropic.AnthropicError as error:  # a profile that cannot be read
        raise UnusableJudge(" ".join(f"judge {judge!r} cannot be used: {error}".split())) from error
    headers = {name: value for name, value in client.default_headers.items() if isinstance(value, str)}
    check_headers(judge, headers)
    if client.credentials is None and {name.lower() for name in headers}.isdisjoint({"authorization", "x-api-key"}):
        raise UnusableJudge(
            f"judge {judge!r} cannot be used: set ANTHROPIC_API_KEY (any text for a local server without keys)"
        )
    return client


def url_for(judge: str) -> str | None:
    """Where to call; None leaves it to the SDK and its profiles, which take an empty variable for a URL.

    Raises:
        UnusableJudge: It is no URL.
    """
    return check_url(judge, BASE_URL, variable(BASE_URL) or ANTHROPIC_URL) if BASE_URL in os.environ else None


def secrets_of(client: "anthropic.AsyncAnthropic") -> frozenset[str]:
    """What must not stand in a message: the key, the token, and what a gateway is told in headers of its own."""
    extra = [word for value in header_lines(EXTRA_HEADERS).values() for word in value.split()]
    return frozenset(filter(None, [client.api_key, client.auth_token, client.base_url.password, *extra]))
