"""Which night a run belongs to, and which nights were missed."""

from datetime import UTC, date, datetime

import pytest

from tasks.errors import RunRefused
from tasks.nightly.dates import missed_nights, night_of
from tasks.nightly.plan import Plan


def plan(time_zone: str = "Europe/Berlin") -> Plan:
    return Plan.model_validate({"name": "shop", "time_zone": time_zone, "suites": [{"name": "new", "kind": "fresh"}]})


@pytest.mark.parametrize(
    ("time_zone", "due", "night"),
    [
        ("Europe/Berlin", "2026-03-27T23:30Z", "2026-03-28"),  # 00:30 in winter time
        ("Europe/Berlin", "2026-03-28T22:30Z", "2026-03-28"),  # 23:30, the evening before the clocks go forward
        ("Europe/Berlin", "2026-03-28T23:30Z", "2026-03-29"),  # 00:30 of the day that has 23 hours
        ("Europe/Berlin", "2026-03-29T01:30Z", "2026-03-29"),  # 03:30, as 02:30 does not exist
        ("Europe/Berlin", "2026-03-29T22:30Z", "2026-03-30"),  # 00:30 in summer time
        ("Europe/Berlin", "2026-10-25T00:30Z", "2026-10-25"),  # 02:30, the first of two
        ("Europe/Berlin", "2026-10-25T01:30Z", "2026-10-25"),  # 02:30, the second
        ("Europe/Berlin", "2026-10-25T22:30Z", "2026-10-25"),  # 23:30 of the day that has 25 hours
        ("Europe/Berlin", "2026-10-25T23:30Z", "2026-10-26"),
        ("America/New_York", "2026-03-08T04:30Z", "2026-03-07"),  # 23:30, the evening before
        ("America/New_York", "2026-03-08T07:30Z", "2026-03-08"),  # 03:30
        ("America/New_York", "2026-03-09T03:30Z", "2026-03-08"),  # 23:30 in summer time
        ("America/New_York", "2026-11-01T04:30Z", "2026-11-01"),  # 00:30 in summer time
        ("America/New_York", "2026-11-02T04:30Z", "2026-11-01"),  # 23:30 in winter time
        ("America/New_York", "2026-11-02T05:30Z", "2026-11-02"),
    ],
)
def test_a_night_is_the_date_in_the_zone_also_when_the_clocks_change(time_zone: str, due: str, night: str) -> None:
    moment = datetime.fromisoformat(due.replace("Z", "+00:00"))
    assert night_of(plan(time_zone), moment) == date.fromisoformat(night)


def test_each_night_between_is_missed_once_also_over_a_change_of_the_clocks() -> None:
    nights = missed_nights(date(2026, 3, 31), 7, date(2026, 3, 27))
    assert [str(night) for night in nights] == ["2026-03-28", "2026-03-29", "2026-03-30"]
    assert missed_nights(date(2026, 3, 31), 7, date(2026, 3, 30)) == []
    assert missed_nights(date(2026, 3, 31), 2, date(2026, 1, 1)) == [date(2026, 3, 29), date(2026, 3, 30)]
    assert missed_nights(date(2026, 3, 31), 7, None) == []


def test_a_night_can_be_named_unless_it_is_no_date_or_still_to_come() -> None:
    due = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert night_of(plan(), due, "2026-03-29") == date(2026, 3, 29)
    with pytest.raises(RunRefused, match="still to come: today is 2026-03-29 in Europe/Berlin"):
        night_of(plan(), due, "2026-03-30")
    with pytest.raises(RunRefused, match="'yesterday' is not a date"):
        night_of(plan(), due, "yesterday")
