"""A server of the user's own that speaks OpenAI's chat protocol (vLLM, for one): conversations in, what it says out."""

import asyncio
from collections.abc import Mapping
from typing import Any

from settings import Settings
from tasks.providers.base import ModelReply
from tasks.providers.bodies import no_answer_within, read_body
from tasks.providers.calls.tries import tries_of
from tasks.providers.environment import variable
from tasks.providers.errors import AnswerRefused, CallFailed
from tasks.providers.openai_api.errors import as_model_error
from tasks.providers.openai_api.reply import BROKEN_OFF, CUT_OFF, Completion, reply_with

NO_KEY = "none"
"""The SDK wants a key; OPENAI_API_KEY is OpenAI's, and is not sent to a server that is not theirs."""


class ChatServer:
    """Any model that one server serves, each by its name; what may pass is tried again, as for a judge.

    Its key is read from VLLM_API_KEY, as vLLM itself reads it.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        """Nothing is sent yet.

        Args:
            url: With the version, as `http://HOST:8000/v1`.
            settings: Tries, pauses, the time-out of a call.
        """
        import openai

        key = variable("VLLM_API_KEY") or NO_KEY
        self._client = openai.AsyncOpenAI(
            api_key=key, base_url=url, max_retries=0, timeout=None, http_client=openai.DefaultAioHttpClient()
        )
        self._settings = settings
        self._secrets = frozenset({key, self._client.base_url.password})

    async def say(self, body: Mapping[str, Any]) -> tuple[ModelReply, bool]:
        """What a model says, and whether it was stopped by the limit of tokens; may be empty.

        Args:
            body: Of a chat completion: model, messages, limits.

        Raises:
            ModelError: The server has no answer, after all tries.
        """
        async for attempt in tries_of(self._settings):
            with attempt:
                return said_in(await self._post(body))
        raise AssertionError("unreachable: the last try raises")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _post(self, body: Mapping[str, Any]) -> str:
        import aiohttp
        import openai

        try:
            async with asyncio.timeout(self._settings.call_timeout_seconds):
                return await self._client.post("/chat/completions", cast_to=str, body=dict(body))
        except TimeoutError as error:
            raise no_answer_within(self._settings.call_timeout_seconds) from error
        except (openai.OpenAIError, aiohttp.ClientError) as error:
            raise as_model_error(error, self._secrets) from None  # its message may hold the key


def said_in(body: str) -> tuple[ModelReply, bool]:
    """The text of a reply, and whether it was cut off; a model in training may well say nothing.

    Raises:
        ModelError: It is no completion, or the server broke it off.
    """
    completion = read_body(body, Completion, "no chat completion")
    if not completion.choices:
        raise CallFailed("the reply has no choices")
    choice = completion.choices[0]
    reply = reply_with(choice.message.content or "", completion)
    if choice.finish_reason in BROKEN_OFF:
        raise CallFailed(f"the answer was broken off ({choice.finish_reason})", reply=reply)
    if choice.finish_reason == "content_filter":
        raise AnswerRefused("stopped by the content filter", reply)
    return reply, choice.finish_reason in CUT_OFF
