"""The errors of the anthropic SDK in our tree (https://platform.claude.com/docs/en/api/errors, 2026-11)."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from tasks.providers.errors import AccessRefused, CallFailed, CallRejected, ModelError, RateLimited, Unreachable
from tasks.providers.masking import causes_of, masked
from tasks.providers.retry_after import seconds_to_wait

if TYPE_CHECKING:
    import anthropic

TIMEOUT, CONFLICT, TOO_MANY = 408, 409, 429
NO_ACCESS = {401, 402, 403, 404}
USED_UP = {"enforced_spend_limit_reached", "contract_spend_limit_reached", "organization_on_hold"}
"""Codes of a 429 or a 400 that no later try will change."""

USED_UP_SAID = (
    "credit balance is too low",
    "reached your specified api usage limits",
    "reached your specified workspace api usage limits",
    "organization has been disabled",
)
"""What a 400 that has no code says instead."""


def as_model_error(error: "anthropic.AnthropicError", secrets: Collection[str]) -> ModelError:
    """Map an error of the SDK into our tree.

    Args:
        error: What was raised.
        secrets: What must not stand in a message; some servers repeat the key.
    """
    import aiohttp
    import anthropic

    if isinstance(error, anthropic.APIStatusError):
        return of_status(error, masked(told_by(error), secrets))
    causes = list(causes_of(error))
    told = masked(f"{type(error).__name__}: {causes[-1]}", secrets)
    if not isinstance(error, anthropic.APIConnectionError):
        return of_token(causes, told)
    if any(isinstance(cause, aiohttp.ClientConnectorError) for cause in causes):
        return Unreachable(masked(f"no connection could be made: {causes[-1]}", secrets))
    return CallFailed(told)


def of_status(error: "anthropic.APIStatusError", told: str) -> ModelError:
    """The error of a status of 4xx or 5xx."""
    status = error.status_code
    if status in NO_ACCESS or error.error_code in USED_UP:
        return AccessRefused(told)
    if status == TOO_MANY:
        return RateLimited(told, retry_after_seconds=seconds_to_wait(error.response.headers))
    if status >= 500 or status in (TIMEOUT, CONFLICT):
        return CallFailed(told, retry_after_seconds=seconds_to_wait(error.response.headers))
    if any(is_about(error, words) for words in USED_UP_SAID):
        return AccessRefused(told)
    return CallRejected(told)


def is_about(error: "anthropic.APIStatusError", words: str) -> bool:
    """Whether the API's message has these words, in any case; its errors name no parameter."""
    return words in str(error.api_message or error).lower()


def told_by(error: "anthropic.APIStatusError") -> str:
    """Status and message; of a body that is not the API's, the SDK tells all and not the status."""
    if isinstance(error.body, str) and error.body:
        return f"Error code: {error.status_code} - {error.body}"
    return str(error)


def of_token(causes: Sequence[BaseException], told: str) -> ModelError:
    """The error of a token that could not be had for a profile or a workload identity."""
    import httpx2

    status = getattr(causes[0], "status_code", None) or 0
    if status >= 500 or status == TOO_MANY or any(isinstance(cause, httpx2.HTTPError) for cause in causes):
        return CallFailed(told)
    return AccessRefused(told)
