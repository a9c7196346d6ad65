"""A provider of ours that is pointed to aimock, through its real SDK and the model client."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from storage.records import Judge
from tasks.providers.base import ModelReply, ModelRequest, Provider
from tasks.providers.catalog import make_provider
from tasks.providers.client import ModelClient
from tasks.providers.errors import ModelError
from tests.servers.aimock.server import Aimock, Json
from tests.servers.catalog import ENVIRONMENTS, KEY
from tests.tasks.providers.questions import RUN_ID, MemoryLedger, Verdict, ask_about, quick_settings, request_for

MODEL = "small"


@dataclass(frozen=True)
class Speaks:
    """How a provider comes to aimock.

    Attributes:
        provider: The word before the colon.
        base: What its base URL has behind the host.
        path: Where its calls arrive.
        limit: What aimock's journal calls the limit of output tokens.
        model: Whether the reply names the model that answered.
    """

    provider: str
    base: str
    path: str
    limit: str = "max_tokens"
    model: bool = True


CHAT, LIMIT = "/chat/completions", "max_completion_tokens"
DEPLOYMENT = f"/openai/deployments/{MODEL}{CHAT}?api-version=2025-04-01-preview"
PEERS = {
    "openai": Speaks("openai", "/v1", f"/v1{CHAT}", LIMIT),
    "azure": Speaks("azure", "", DEPLOYMENT, LIMIT),
    "azure without versions": Speaks("azure", "/openai/v1/", f"/openai/v1{CHAT}", LIMIT),
    "ollama": Speaks("ollama", "", f"/v1{CHAT}"),
    "anthropic": Speaks("anthropic", "", "/v1/messages"),
    "gemini": Speaks("gemini", "", f"/v1beta/models/{MODEL}:generateContent", model=False),
}
CHAT_PEERS = [name for name, speaks in PEERS.items() if CHAT in speaks.path]
"""Those whose requests aimock keeps as they came; what it makes of the others has no schema."""


def environment_of(speaks: Speaks, aimock: Aimock, key: str = KEY) -> dict[str, str]:
    """The environment variables that point an SDK there; aimock lets nobody in without the key, Ollama neither."""
    environment = ENVIRONMENTS[speaks.provider](aimock.url + speaks.base)
    known = {name: key if value == KEY else value for name, value in environment.items()}
    return known | ({"OLLAMA_API_KEY": key} if speaks.provider == "ollama" else {})


@dataclass
class Peer:
    """One of ours and aimock, with the ledger of what was asked."""

    speaks: Speaks
    aimock: Aimock
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    @asynccontextmanager
    async def provider(self, **settings: Any) -> AsyncGenerator[Provider]:
        """The provider, closed at the end."""
        made = make_provider(Judge(provider=self.speaks.provider, model=MODEL), quick_settings(**settings))
        assert made is not None
        try:
            yield made
        finally:
            await made.close()

    async def complete(self, request: ModelRequest | None = None, **settings: Any) -> ModelReply:
        """Make one call."""
        async with self.provider(**settings) as provider:
            return await provider.complete(request or request_for(), "t1", "correctness")

    async def end_of(self, response: Json, **more: Any) -> ModelError:
        """What one call ends in that is answered so, and that it was made once."""
        settings = more.pop("settings", {})
        self.aimock.answer(response, **more)
        with pytest.raises(ModelError) as caught:
            await self.complete(**settings)
        assert len(self.aimock.journal()) == 1, "one attempt, no retry by the SDK"
        assert KEY not in str(caught.value)
        return caught.value

    @asynccontextmanager
    async def client(self, concurrency: int = 2, **settings: Any) -> AsyncGenerator[ModelClient]:
        """The model client of a run with this judge."""
        async with self.provider(**settings) as provider:
            yield ModelClient(RUN_ID, provider, self.ledger, quick_settings(**settings), concurrency=concurrency)

    async def ask(self, item: str = "t1", **settings: Any) -> Verdict:
        """Put a question to the judge, as an evaluator does."""
        async with self.client(**settings) as client:
            return await client(ask_about(item))
