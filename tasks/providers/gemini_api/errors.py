"""What google-genai and the libraries under it raise, in our tree."""

import json
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from tasks.providers.errors import AccessRefused, CallFailed, CallRejected, ModelError, RateLimited, Unreachable
from tasks.providers.masking import masked
from tasks.providers.retry_after import seconds_to_wait

if TYPE_CHECKING:
    from google.genai.errors import APIError

BAD_REQUEST, TOO_MANY = 400, 429
NO_ACCESS = {401, 402, 403, 404}
WORTH_ANOTHER_TRY = {408, 409, 499}
NOT_HERE = "FAILED_PRECONDITION"
"""Not in this country, or not without billing (https://ai.google.dev/gemini-api/docs/troubleshooting, 2026-11)."""

PER_DAY = re.compile("PerDay|Daily")
"""In the name of a quota; they come back at midnight in California, whatever wait is asked for
(https://ai.google.dev/gemini-api/docs/rate-limits, 2026-11)."""

ABOUT_KEY, ABOUT_FILE = re.compile(r"\bAPI key\b", re.IGNORECASE), re.compile(r"\bfile\b", re.IGNORECASE)
SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")


class Violation(BaseModel):
    """A quota that was exceeded, or a field that was wrong."""

    quota_id: str = Field(default="", alias="quotaId")
    field: str = ""


class Detail(BaseModel):
    """A detail of an error: ErrorInfo, RetryInfo, QuotaFailure or BadRequest (https://google.aip.dev/193)."""

    reason: str = ""
    retry_delay: str = Field(default="", alias="retryDelay")
    violations: list[Violation] = []
    field_violations: list[Violation] = Field(default=[], alias="fieldViolations")


class Told(BaseModel):
    """The error in a body."""

    details: list[Detail] = []


class ErrorBody(BaseModel):
    """The body of an error."""

    error: Told


def as_model_error(error: Exception, secrets: Collection[str]) -> ModelError:
    """Map an error into our tree.

    Args:
        error: Of the SDK, of aiohttp, of google-auth, or a `ValueError`: the SDK lets all of them out.
        secrets: What must not stand in a message; some servers repeat the key.
    """
    import aiohttp
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.genai.errors import APIError

    if isinstance(error, APIError):
        return of_status(error, masked(told_by(error), secrets))
    told = masked(f"{type(error).__name__}: {error}", secrets)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unreachable(masked(f"no connection could be made: {error}", secrets))
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
        return CallFailed(f"the body of the error is not JSON ({told})")
    refused_here = isinstance(error, ValueError | GoogleAuthError) and not isinstance(error, TransportError)
    return AccessRefused(told) if refused_here else CallFailed(told)


def of_status(error: "APIError", told: str) -> ModelError:
    """The error of a status; a file that is refused is one that the request refers to, not the API."""
    details, status = details_of(error), error.code
    if status in NO_ACCESS:
        return CallRejected(told) if ABOUT_FILE.search(told) else AccessRefused(told)
    if status == TOO_MANY and is_used_up(details):
        return AccessRefused(told)
    if status == TOO_MANY:
        return RateLimited(told, retry_after_seconds=wait_of(error, details))
    if not BAD_REQUEST <= status < 500 or status in WORTH_ANOTHER_TRY:
        return CallFailed(told, retry_after_seconds=wait_of(error, details))
    if error.status == NOT_HERE or is_about_key(told, details):
        return AccessRefused(told)
    return CallRejected(told)


def told_by(error: "APIError") -> str:
    """Status and message; the quotas exceeded too, which the message does not name."""
    quotas = ", ".join(broken.quota_id for detail in details_of(error) for broken in detail.violations)
    message = f"{error.code} {error.status}: {error.message}" if error.message else str(error)
    return f"{message} ({quotas})" if quotas else message


def details_of(error: "APIError") -> Sequence[Detail]:
    """The details of an error; none where it is not of Google's form."""
    untyped: Any = error
    try:
        return ErrorBody.model_validate(untyped.details).error.details
    except ValidationError:
        return []


def wait_of(error: "APIError", details: Sequence[Detail]) -> float | None:
    """How long the server asks to wait: in a header, or in a detail."""
    untyped: Any = error
    in_header = seconds_to_wait(untyped.response.headers)
    if in_header is not None:
        return in_header
    delays = (SECONDS.fullmatch(detail.retry_delay) for detail in details)
    return max((float(found[1]) for found in delays if found), default=None)


def is_used_up(details: Sequence[Detail]) -> bool:
    """Whether a quota of a day is."""
    return any(PER_DAY.search(broken.quota_id) for detail in details for broken in detail.violations)


def is_about_key(told: str, details: Sequence[Detail]) -> bool:
    """Whether a 400 refuses the key (API_KEY_INVALID), for which the API has no status of its own."""
    return bool(ABOUT_KEY.search(told)) or any(detail.reason.startswith("API_KEY") for detail in details)


def refuses_temperature(error: "APIError") -> bool:
    """Whether the model takes no temperature, as models from Gemini 3.6 on may not."""
    fields = [wrong.field for detail in details_of(error) for wrong in detail.field_violations]
    return error.code == BAD_REQUEST and "temperature" in " ".join([str(error.message), *fields]).lower()
