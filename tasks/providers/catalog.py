"""The providers there are, by the word before the colon; one line each."""

from collections.abc import Callable

from settings import Settings
from storage.records import Judge
from tasks.providers.base import Provider
from tasks.providers.errors import UnusableJudge


def _anthropic(model: str, settings: Settings) -> Provider:
    from tasks.providers.anthropic import AnthropicProvider

    return AnthropicProvider(model, settings)


def _azure(model: str, settings: Settings) -> Provider:
    from tasks.providers.azure import AzureProvider

    return AzureProvider(model, settings)


def _gemini(model: str, settings: Settings) -> Provider:
    from tasks.providers.gemini import GeminiProvider

    return GeminiProvider(model, settings)


def _local(model: str, settings: Settings) -> Provider:
    from tasks.providers.local import LocalProvider

    return LocalProvider(model, settings)


def _ollama(model: str, settings: Settings) -> Provider:
    from tasks.providers.ollama import OllamaProvider

    return OllamaProvider(model, settings)


def _openai(model: str, settings: Settings) -> Provider:
    from tasks.providers.openai import OpenAIProvider

    return OpenAIProvider(model, settings)


def _scripted(model: str, settings: Settings) -> Provider:
    from tasks.providers.scripted import ScriptedProvider

    return ScriptedProvider(model)


PROVIDERS: dict[str, Callable[[str, Settings], Provider]] = {
    "openai": _openai,
    "azure": _azure,
    "gemini": _gemini,
    "anthropic": _anthropic,
    "ollama": _ollama,
    "local": _local,
    "scripted": _scripted,
}


def make_provider(judge: Judge, settings: Settings) -> Provider | None:
    """The provider of a judge; None for `rules`, which needs no model.

    Raises:
        UnusableJudge: The provider is unknown, or cannot be used as configured.
    """
    if judge.provider == "rules":
        if judge.model:
            raise UnusableJudge(f"judge {str(judge)!r}: 'rules' takes no model, write --judge rules")
        return None
    if judge.provider not in PROVIDERS:
        known = ", ".join(["rules", *(f"{name}:..." for name in PROVIDERS)])
        raise UnusableJudge(f"judge {str(judge)!r} has an unknown provider {judge.provider!r}: use one of {known}")
    return PROVIDERS[judge.provider](judge.model or "", settings)
