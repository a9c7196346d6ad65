"""Times as files write them, read as UTC; a time without a zone is taken as UTC."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import product

from tasks.sources.errors import Unfit
from tasks.sources.values import is_missing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER = re.compile(r"-?\d+(\.\d+)?")
COMPACT = re.compile(r"(19|20)\d{12}")
DATE_WITH_SLASHES = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2\d{4}\b")
ZONE_WORD = re.compile(r"\s*(UTC|GMT|Z)$", re.IGNORECASE)
DATES = ("%Y/%m/%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%Y.%m.%d", "%d-%b-%Y")
CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %H:%M:%S.%f", " %I:%M%p")
DAY_FIRST = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")
MONTH_FIRST = ("%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y")


def read_time(value: object, column: str, day_first: bool = False) -> datetime | None:
    """A time in UTC; None where it is missing.

    Args:
        value: ISO 8601, seconds, ms, us or ns since 1970, RFC 2822, or a common written form; or a time already.
        column: Where it stands, for the error.
        day_first: Whether 01/02/2024 is the first of February.

    Raises:
        Unfit: It is none of these.
    """
    if is_missing(value):
        return None
    try:
        if isinstance(value, str):
            return _in_utc(_parse(value.strip(), day_first))
        if isinstance(value, datetime):
            return _in_utc(value)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if not isinstance(value, bool):
            return _since_epoch(float(value))  # pyright: ignore[reportArgumentType]
    except (ValueError, TypeError, OverflowError):
        pass
    raise Unfit("not a time; write ISO 8601 such as 2024-05-31T14:03:00Z", column, value)


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _since_epoch(number: float) -> datetime:
    """Seconds, ms, us or ns by size: each unit reaches from 1973 to 5138."""
    for unit in (1, 1e3, 1e6, 1e9):
        if 1e8 <= abs(number / unit) < 1e11:
            return EPOCH + timedelta(seconds=number / unit)
    raise ValueError(number)


def _parse(text: str, day_first: bool) -> datetime:
    if NUMBER.fullmatch(text):
        if COMPACT.fullmatch(text):
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if len(text) != len("20240531"):
            return _since_epoch(float(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    bare = ZONE_WORD.sub("", text)
    if bare != text:
        return _parse(bare, day_first)
    for day, clock in product((*(DAY_FIRST if day_first else MONTH_FIRST), *DATES), CLOCKS):
        try:
            return datetime.strptime(text, day + clock).replace(tzinfo=UTC)
        except ValueError:
            continue
    return parsedate_to_datetime(text)


def is_day_first(values: Iterable[object]) -> bool:
    """True when dates such as 31/12/2024 can only have the day first."""
    for value in values:
        found = DATE_WITH_SLASHES.match(value.strip()) if isinstance(value, str) else None
        if found and int(found[1]) > 12:
            return True
    return False
