"""One call of `gemini:small`, through the real SDK, to the local server."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.served import Served
from tests.servers.base import Body
from tests.servers.catalog import environment_of
from tests.servers.local_gemini import LocalGemini, generated

ANSWER = '{"verdict": "PASS"}'
READ_BY_THE_SDK = (
    *("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL", "GOOGLE_CLOUD_PROJECT"),
    *("GOOGLE_CLOUD_LOCATION", "GOOGLE_GENAI_API_VERSION", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"),
)
USED = {"promptTokenCount": 100, "candidatesTokenCount": 12, "thoughtsTokenCount": 8}


def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server that answers PASS until a test says otherwise, and the environment that points to it alone."""
    for name in READ_BY_THE_SDK:
        monkeypatch.delenv(name, raising=False)
    server = LocalGemini()
    server.behaviour = lambda number, body: server.completion(ANSWER, body)
    server.start()
    for name, value in environment_of("gemini", server).items():
        monkeypatch.setenv(name, value)
    yield Served("gemini", server)
    server.stop()


def answer_with(served: Served, candidates: list[Body], usage: Any = USED, **more: Any) -> None:
    """Let the server answer with these candidates."""
    served.server.behaviour = lambda number, body: generated(candidates, usage, "small-001", **more)
