"""A provider that calls an API, through its real SDK, on the local server that speaks its protocol."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from storage.records import Judge
from tasks.providers.base import ModelReply, ModelRequest, Provider
from tasks.providers.catalog import make_provider
from tasks.providers.errors import ModelError
from tests.servers.base import Behaviour, LocalModelServer
from tests.tasks.providers.questions import quick_settings, request_for

ANSWER = '{"verdict":"caf\u00e9"}'


@dataclass
class Served:
    """A server, and the environment that points to it."""

    name: str
    server: LocalModelServer

    def make(self, model: str | None = None, **settings: Any) -> Provider:
        """A provider of the server's everyday model, or another one."""
        judge = Judge(provider=self.name, model=self.server.model if model is None else model)
        made = make_provider(judge, quick_settings(**settings))
        assert made is not None
        return made

    @asynccontextmanager
    async def provider(self, model: str | None = None, **settings: Any) -> AsyncGenerator[Provider]:
        """A provider that is closed at the end."""
        made = self.make(model, **settings)
        try:
            yield made
        finally:
            await made.close()

    async def ask(self, request: ModelRequest | None = None, **settings: Any) -> ModelReply:
        """Make one call."""
        async with self.provider(**settings) as provider:
            return await provider.complete(request or request_for(), "t1", "correctness")

    async def end_of(self, behaviour: Behaviour, **settings: Any) -> ModelError:
        """What one call ends in, and that it was made once."""
        self.server.behaviour = behaviour
        with pytest.raises(ModelError) as caught:
            await self.ask(**settings)
        assert self.server.calls == 1, "one attempt, no retry by the SDK"
        assert "\n" not in str(caught.value)
        return caught.value
