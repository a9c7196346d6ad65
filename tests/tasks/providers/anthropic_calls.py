"""One call of `anthropic:small`, through the real SDK, to the local server."""

from collections.abc import Iterator
from typing import Any

import pytest

from tasks.providers.anthropic import AnthropicProvider
from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import ModelError
from tests.servers.base import Behaviour
from tests.servers.catalog import environment_of
from tests.servers.local_anthropic import LocalAnthropic
from tests.tasks.providers.questions import quick_settings, request_for

ANSWER = '{"verdict": "PASS"}'


def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAnthropic]:
    """A server that answers PASS until a test says otherwise, and the environment that points to it alone."""
    for name in ("API_KEY", "AUTH_TOKEN", "CUSTOM_HEADERS", "PROFILE", "CONFIG_DIR", "FEDERATION_RULE_ID"):
        monkeypatch.delenv(f"ANTHROPIC_{name}", raising=False)
    server = LocalAnthropic()
    server.behaviour = lambda number, body: server.completion(ANSWER, body)
    server.start()
    for name, value in environment_of("anthropic", server).items():
        monkeypatch.setenv(name, value)
    yield server
    server.stop()


async def ask(request: ModelRequest | None = None, **settings: Any) -> ModelReply:
    """Make one call with a provider of its own."""
    provider = AnthropicProvider("small", quick_settings(**settings))
    try:
        return await provider.complete(request or request_for(), "t1", "correctness")
    finally:
        await provider.close()


async def end_of(server: LocalAnthropic, behaviour: Behaviour) -> ModelError:
    """What one call ends in."""
    server.behaviour = behaviour
    with pytest.raises(ModelError) as caught:
        await ask()
    assert server.calls == 1
    return caught.value
