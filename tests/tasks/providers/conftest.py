"""A provider of the OpenAI protocol, through the real SDK, on the local server."""

from collections.abc import AsyncIterator

import pytest

from tasks.providers.openai import OpenAIProvider
from tests.servers.local_openai import LocalOpenAI, completion
from tests.tasks.providers.questions import quick_settings

ANSWER = '{"verdict": "PASS"}'


@pytest.fixture
async def openai_provider(model_server: LocalOpenAI) -> AsyncIterator[OpenAIProvider]:
    """A provider whose server answers PASS until a test says otherwise."""
    model_server.behaviour = lambda number, body: completion(ANSWER, body["model"])
    provider = OpenAIProvider("small", quick_settings(call_timeout_seconds=30))
    yield provider
    await provider.close()
