"""How figures are written."""

import pytest

from tasks.reports.words import interval, percent, title, visible
from tasks.statistics.proportions import proportion


@pytest.mark.parametrize(
    ("share", "written"), [(None, "not measured"), (0.0, "0.0 %"), (0.5, "50.0 %"), (1.0, "100.0 %"), (2 / 3, "66.7 %")]
)
def test_a_share_is_a_percentage_and_none_is_not_measured(share: float | None, written: str) -> None:
    assert percent(share) == written


def test_an_interval_is_empty_where_nothing_was_measured() -> None:
    assert interval(proportion(0, 0, 5)) == ""
    assert interval(proportion(5, 10)) == "23.7 to 76.3 %"


def test_a_name_is_a_title() -> None:
    assert title("success_rate") == "Success rate"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain caf\u00e9 \u4f60 \U0001f600 [x] |", "plain caf\u00e9 \u4f60 \U0001f600 [x] |"),
        ("\x1b[31m\x07", "\\x1b[31m\\x07"),
        ("two\nlines\r\t", "two\\nlines\\r\\t"),
        ("\u202ertl\u200b\x9b\u2028", "\\u202ertl\\u200b\\x9b\\u2028"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_could_obey_is_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown
