"""The errors of the openai SDK, and of the aiohttp under it, in our tree."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from tasks.providers.errors import (
    AccessRefused,
    AnswerRefused,
    CallFailed,
    CallRejected,
    ModelError,
    RateLimited,
    Unreachable,
)
from tasks.providers.masking import causes_of, masked
from tasks.providers.retry_after import seconds_to_wait

if TYPE_CHECKING:
    import openai

BAD_REQUEST, TIMEOUT, CONFLICT, TOO_MANY = 400, 408, 409, 429
NO_ACCESS = {401, 402, 403, 404}
USED_UP = {"insufficient_quota", "billing_not_active", "billing_hard_limit_reached"}
FILTERED = {"content_filter", "content_policy_violation", "invalid_prompt"}  # the first is Azure's
LONGEST_BODY = 200


def as_model_error(error: Exception, secrets: Collection[str]) -> ModelError:
    """Map an error of the SDK into our tree.

    Args:
        error: An `OpenAIError`, or a `ClientError` of aiohttp, which the SDK lets out for what is no HTTP.
        secrets: What must not stand in a message; some servers repeat the key.
    """
    import aiohttp
    import openai

    if isinstance(error, openai.APIStatusError):
        return of_status(error, masked(told_by(error), secrets))
    causes = list(causes_of(error))
    told = masked(f"{type(error).__name__}: {causes[-1]}", secrets)
    if any(isinstance(cause, aiohttp.ClientConnectorError) for cause in causes):
        return Unreachable(masked(f"no connection could be made: {causes[-1]}", secrets))
    return CallFailed(told)


def of_status(error: "openai.APIStatusError", told: str) -> ModelError:
    """The error of a status of 4xx or 5xx."""
    status, codes = error.status_code, {error.code, error.type}
    if status in NO_ACCESS or (status < 500 and codes & USED_UP):
        return AccessRefused(told)
    if status == BAD_REQUEST and codes & FILTERED:
        return AnswerRefused(told)
    if status == TOO_MANY:
        return RateLimited(told, retry_after_seconds=seconds_to_wait(error.response.headers))
    if status >= 500 or status in (TIMEOUT, CONFLICT):
        return CallFailed(told, retry_after_seconds=seconds_to_wait(error.response.headers))
    return CallRejected(told)


def told_by(error: "openai.APIStatusError") -> str:
    """Status and message; the SDK leaves out a body that is no object of OpenAI's."""
    return f"{error} - {error.body[:LONGEST_BODY]}" if isinstance(error.body, str) else str(error)
