"""The providers there are, by the word before the colon; one line each."""

from collections.abc import Callable

from settings import Settings
from storage.records import Judge
from tasks.providers.base import Provider
from tasks.providers.errors import UnusableJudge


def _openai(model: str, settings: Settings) -> Provider:
    from tasks.providers.openai import OpenAIProvider

    return OpenAIProvider(model, settings.call_timeout_seconds)


def _scripted(model: str, settings: Settings) -> Provider:
    from tasks.providers.scripted import ScriptedProvider

    return ScriptedProvider(model)


PROVIDERS: dict[str, Callable[[str, Settings], Provider]] = {
    "openai": _openai,
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
