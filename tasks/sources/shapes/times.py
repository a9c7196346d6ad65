"""Times as files write them, read as UTC; a time without a zone is taken as UTC."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from tasks.sources.errors import Unfit
from tasks.sources.shapes.values import is_missing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER = re.compile(r"-?\d+(\.\d+)?")
COMPACT = re.compile(r"(19|20)\d{12}")
DATE_WITH_SLASHES = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2\d{4}\b")
ZONE_WORD = re.compile(r"\s*(UTC|GMT|Z)$", re.IGNORECASE)
DATES = ("%Y/%m/%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%Y.%m.%d", "%d-%b-%Y")
CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %H:%M:%S.%f", " %I:%M%p")
DAY_FIRST = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")
MONTH_FIRST = ("%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y")


class TimeReader:
    """Reads the times of one column, and remembers the way they are written.

    Args:
        column: Where they stand, for errors.
        day_first: Whether 01/02/2024 is the first of February.
    """

    def __init__(self, column: str, day_first: bool = False) -> None:
        self._column = column
        self._formats = [
            day + clock for day in (*(DAY_FIRST if day_first else MONTH_FIRST), *DATES) for clock in CLOCKS
        ]
        self._last = self._formats[0]

    def read(self, value: object) -> datetime | None:
        """A time in UTC; None where it is missing.

        Args:
            value: ISO 8601, seconds, ms, us or ns since 1970, RFC 2822, or a common written form; or a time already.

        Raises:
            Unfit: It is none of these.
        """
        if is_missing(value):
            return None
        try:
            if isinstance(value, str):
                return _in_utc(self._parse(value.strip()))
            if isinstance(value, datetime):
                return _in_utc(value)
            if isinstance(value, date):
                return datetime(value.year, value.month, value.day, tzinfo=UTC)
            if not isinstance(value, bool):
                return _since_epoch(float(value))  # pyright: ignore[reportArgumentType]
        except (ValueError, TypeError, OverflowError):
            pass
        raise Unfit("not a time; write ISO 8601 such as 2024-05-31T14:03:00Z", self._column, value)

    def _parse(self, text: str) -> datetime:
        try:
            if not text.isdecimal() or len(text) == len("20240531"):
                return datetime.fromisoformat(text)
        except ValueError:
            pass
        if COMPACT.fullmatch(text):
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if NUMBER.fullmatch(text):
            return _since_epoch(float(text))
        bare = ZONE_WORD.sub("", text)
        return self._parse(bare) if bare != text else self._parse_written(text)

    def _parse_written(self, text: str) -> datetime:
        for written in (self._last, *self._formats):
            try:
                moment = datetime.strptime(text, written).replace(tzinfo=UTC)
            except ValueError:
                continue
            self._last = written
            return moment
        return parsedate_to_datetime(text)


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _since_epoch(number: float) -> datetime:
    """Seconds, ms, us or ns by size: each unit reaches from 1973 to 5138."""
    for unit in (1, 1e3, 1e6, 1e9):
        if 1e8 <= abs(number / unit) < 1e11:
            return EPOCH + timedelta(seconds=number / unit)
    raise ValueError(number)


def is_day_first(values: Iterable[object]) -> bool:
    """True when dates such as 31/12/2024 can only have the day first."""
    for value in values:
        found = DATE_WITH_SLASHES.match(value.strip()) if isinstance(value, str) else None
        if found and int(found[1]) > 12:
            return True
    return False
