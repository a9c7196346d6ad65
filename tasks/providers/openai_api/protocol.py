"""The OpenAI chat protocol over the openai SDK: what `openai:`, `azure:` and `ollama:` have in common."""

import asyncio
from collections.abc import Set
from typing import TYPE_CHECKING

from settings import Settings
from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.bodies import no_answer_within
from tasks.providers.environment import check_headers, header_lines
from tasks.providers.openai_api.errors import as_model_error
from tasks.providers.openai_api.reply import reply_of
from tasks.providers.openai_api.request import LimitName, body_of

if TYPE_CHECKING:
    import openai

TEMPERATURE = "temperature"


class ChatProvider:
    """One model behind one client of the openai SDK, whose own retries and time-outs are switched off."""

    name: str
    free: bool = False
    limit_name: LimitName = "max_completion_tokens"

    def __init__(self, model: str, client: "openai.AsyncOpenAI", settings: Settings) -> None:
        """Take the client over.

        Raises:
            UnusableJudge: The client has a header that cannot be sent.
        """
        headers = headers_of(client)
        check_headers(f"{self.name}:{model}", headers)
        self.model = model
        self.base_url = str(client.base_url.copy_with(userinfo=b"", query=None))
        self._client = client
        self._timeout_seconds = settings.call_timeout_seconds
        secrets = {value.removeprefix("Bearer ") for value in headers.values()}
        self._secrets = frozenset(secrets | {client.base_url.password})
        self._refused_parameters: set[str] = set()

    async def complete(self, request: ModelRequest, item: str, method: str) -> ModelReply:
        """Make the call once; see `Provider.complete`. A model that refuses a temperature is asked without."""
        import aiohttp
        import openai

        left_out = frozenset(self._refused_parameters)
        try:
            body = await self._create(request, left_out)
        except openai.BadRequestError as error:
            if not refuses_temperature(error, request, left_out):
                raise as_model_error(error, self._secrets) from None  # its message may hold the key
            self._refused_parameters.add(TEMPERATURE)
            return await self.complete(request, item, method)
        except TimeoutError as error:
            raise no_answer_within(self._timeout_seconds) from error
        except (openai.OpenAIError, aiohttp.ClientError) as error:
            raise as_model_error(error, self._secrets) from None  # its message may hold the key
        return reply_of(body)

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()

    async def _create(self, request: ModelRequest, left_out: Set[str]) -> str:
        """The body of the reply, not parsed by the SDK, which takes anything for a completion.

        The SDK's own `post` carries the key and the mapping of errors; `chat.completions.create` does no more, and
        walks every parameter, the schema included, at 1.4 ms of CPU a call. Its time-out is one of each read: a server
        that drips would hold the call for ever.
        """
        body = body_of(request, self.limit_name, left_out)
        async with asyncio.timeout(self._timeout_seconds):
            return await self._client.post("/chat/completions", cast_to=str, body=body)


def headers_of(client: "openai.AsyncOpenAI") -> dict[str, str]:
    """The headers that come from the user's environment, the key's included."""
    named = {"OpenAI-Organization": client.organization, "OpenAI-Project": client.project}
    given = {name: value for name, value in named.items() if value is not None}
    return {**given, **header_lines("OPENAI_CUSTOM_HEADERS"), **client.auth_headers}


def refuses_temperature(error: "openai.BadRequestError", request: ModelRequest, left_out: Set[str]) -> bool:
    """Whether the model refused the temperature that this very call was sent with."""
    return error.param == TEMPERATURE and request.sampling.temperature is not None and TEMPERATURE not in left_out
