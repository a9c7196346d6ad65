"""Times as files write them."""

from datetime import UTC, date, datetime

import pytest

from tasks.sources.errors import Unfit
from tasks.sources.shapes.times import TimeReader, is_day_first
from tests.tasks.sources.conftest import Loader

WHEN = datetime(2024, 5, 31, 14, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-31T14:03:00Z",
        "2024-05-31 14:03",
        "2024-05-31T16:03:00+02:00",
        "2024-05-31T16:03:00+0200",
        "2024-05-31 14:03:00 UTC",
        "20240531140300",
        "1717164180",
        "1717164180000",
        1717164180,
        1717164180000,
        1717164180000000,
        1717164180000000000,
        1717164180.0,
        "1717164180.000",
        "05/31/2024 14:03",
        "05/31/2024 02:03 PM",
        "31.05.2024 14:03:00",
        "2024/05/31 14:03:00",
        "May 31, 2024 02:03 PM",
        "31 May 2024 14:03",
        "Fri, 31 May 2024 16:03:00 +0200",
        datetime(2024, 5, 31, 14, 3),  # noqa: DTZ001
        WHEN,
    ],
)
def test_a_time_is_read_in_utc(value: object) -> None:
    assert TimeReader("t").read(value) == WHEN


def test_a_date_is_its_midnight() -> None:
    midnight = datetime(2024, 5, 31, tzinfo=UTC)
    assert {TimeReader("t").read(value) for value in ("2024-05-31", "20240531", date(2024, 5, 31))} == {midnight}


@pytest.mark.parametrize("value", ["", " ", None, "null", "NaT", float("nan")])
def test_a_missing_time_is_none(value: object) -> None:
    assert TimeReader("t").read(value) is None


@pytest.mark.parametrize("value", ["yesterday", "32/13/2024", "17", True, 3, "2024-02-30", [], "9" * 400])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(Unfit, match="not a time"):
        TimeReader("t").read(value)


def test_dates_have_the_day_first_where_one_of_them_shows_it() -> None:
    assert is_day_first(["01/02/2024", "31/01/2024"])
    assert not is_day_first(["01/02/2024", "01/31/2024"])
    assert TimeReader("t", day_first=True).read("01/02/2024") == datetime(2024, 2, 1, tzinfo=UTC)


def test_a_bad_time_is_a_bad_row_with_file_line_and_column(load: Loader) -> None:
    loaded = load("a.csv", "thread_id,role,text,timestamp\n1,user,a,2024-05-31\n1,bot,b,soon\n1,bot,c,2024-06-01\n")
    assert loaded.texts == {"1": ["a", "c"]}
    assert "a.csv:3: column 'timestamp': value 'soon': not a time; write ISO 8601" in loaded.bad[0]
