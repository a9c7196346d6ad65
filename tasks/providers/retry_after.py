"""The Retry-After header, in seconds or as a date (RFC 9110, section 10.2.3), and Azure's retry-after-ms."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds_to_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """How long the server asks to wait; None where it does not say or cannot be read.

    Args:
        headers: Response headers, looked up in lower case.
        now: The time a date is compared with; None means the clock.
    """
    milliseconds = number_in(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    value = headers.get("retry-after")
    seconds = number_in(value)
    if seconds is not None:
        return max(0.0, seconds)
    try:
        date = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds())


def number_in(value: str | None) -> float | None:
    """A finite number; None where there is none."""
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
