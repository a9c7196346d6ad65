"""The Retry-After header: seconds, a date, and what is neither."""

from datetime import UTC, datetime

import pytest

from tasks.providers.retry_after import seconds_to_wait

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("30", 30.0),
        ("1.5", 1.5),
        ("-5", 0.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("Sun, 01 Mar 2026 11:59:00 GMT", 0.0),
    ],
)
def test_seconds_and_dates_are_read(value: str, seconds: float) -> None:
    assert seconds_to_wait({"retry-after": value}, NOON) == seconds


@pytest.mark.parametrize(
    "value",
    ["", "soon", "inf", "-Infinity", "1e400", "nan", "Sun, 99 Mar 2026 12:00:00 GMT", "Sun, 01 Mar 99999 12:00:00 GMT",
     "Sun, 01 Mar 2026 12:00:00 +99999999999999", "1 2 3 4 5 6 7", "\u00b2"],
)  # fmt: skip
def test_what_cannot_be_read_asks_for_nothing(value: str) -> None:
    assert seconds_to_wait({"retry-after": value}, NOON) is None


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [("1500", 1.5), ("-1", 0.0), ("soon", 30.0), ("nan", 30.0), ("", 30.0)]
)
def test_milliseconds_go_before_seconds_where_they_can_be_read(milliseconds: str, seconds: float) -> None:
    assert seconds_to_wait({"retry-after-ms": milliseconds, "retry-after": "30"}) == seconds


def test_no_header_asks_for_nothing() -> None:
    assert seconds_to_wait({}) is None
