"""The local server of each provider, and the environment that points its SDK there; one line each in both."""

from collections.abc import Callable

from tests.servers.base import LocalModelServer
from tests.servers.local_anthropic import LocalAnthropic
from tests.servers.local_azure import LocalAzure
from tests.servers.local_gemini import LocalGemini
from tests.servers.local_ollama import LocalOllama
from tests.servers.local_openai import LocalOpenAI

KEY = "test-key-for-a-local-server"

SERVERS: dict[str, type[LocalModelServer]] = {
    "openai": LocalOpenAI,
    "azure": LocalAzure,
    "ollama": LocalOllama,
    "anthropic": LocalAnthropic,
    "gemini": LocalGemini,
}

ENVIRONMENTS: dict[str, Callable[[str], dict[str, str]]] = {
    "openai": lambda url: {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY},
    "azure": lambda url: {
        "AZURE_OPENAI_ENDPOINT": url,
        "AZURE_OPENAI_API_KEY": KEY,
        "OPENAI_API_VERSION": "2025-04-01-preview",
    },
    "ollama": lambda url: {"OLLAMA_HOST": url},
    "anthropic": lambda url: {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": KEY},
    "gemini": lambda url: {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": KEY},
}


def environment_of(name: str, server: LocalModelServer) -> dict[str, str]:
    """The environment variables that point the SDK of a provider to its server, with a key."""
    return ENVIRONMENTS[name](server.root_url)
