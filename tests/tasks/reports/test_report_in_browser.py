"""The HTML report in a real browser: opened, sorted, filtered, read, by mouse and by keyboard."""

import pytest

from tests.tasks.reports.browser_page import BrowserPage
from tests.tasks.reports.sample_threads import sample_threads

pytestmark = pytest.mark.browser
OPENED = "!document.getElementById('thread').hidden"
LISTED = "!document.getElementById('overview').hidden"


def test_the_overview_is_drawn_without_an_error_or_a_request(page: BrowserPage) -> None:
    page.write_and_open()
    assert page.texts(".tile .figure") == ["62.0 %", "87.1 %", "not measured", "94.0 %"]
    assert page.find(".tile .lines").inner_text().split("\n")[1::2] == [
        "48.6 % to 73.9 %",
        "52 of 60 threads",
        "8",
        "53.7 % to 67.0 %",
    ]
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith("data:")] == [page.path.as_uri()]


def test_what_is_not_known_is_not_drawn(page: BrowserPage) -> None:
    page.write_and_open()
    marks = "[...document.querySelectorAll('.tile')].map((tile) => tile.querySelectorAll('.point, .band').length)"
    assert page.script(marks) == [2, 2, 0, 2]


def test_the_worst_thread_stands_first_and_the_unscored_before_the_rest(page: BrowserPage) -> None:
    page.write_and_open()
    success = page.texts(".threads tbody td:nth-child(5)")
    order = sorted(success, key=("NO SUCCESS", "UNSCORED", "SUCCESS").index)
    assert page.texts(".threads tbody .name a")[0] == "parcel-0001"
    assert success == order


def test_a_column_sorts_both_ways_and_says_so(page: BrowserPage) -> None:
    page.write_and_open()
    header = ".threads th:nth-child(2)"
    page.find(f"{header} button").click()
    assert page.find(header).get_attribute("aria-sort") == "ascending"
    assert page.texts(".threads tbody .name a")[:2] == ["parcel-0001", "parcel-0002"]
    page.find(f"{header} button").click()
    assert page.find(header).get_attribute("aria-sort") == "descending"
    assert page.texts(".threads tbody .name a")[0] == "parcel-0060"
    assert [th.get_attribute("aria-sort") for th in page.all(".threads th")].count("none") == 8


def test_unscored_threads_stay_last_whichever_way_a_verdict_is_sorted(page: BrowserPage) -> None:
    page.write_and_open(list(sample_threads(20)))
    for direction in ("ascending", "descending"):
        page.find(".threads th:nth-child(6) button").click()
        assert page.find(".threads th:nth-child(6)").get_attribute("aria-sort") == direction
        assert page.texts(".threads tbody td:nth-child(6)")[-2:] == ["unscored: infra", "unscored: not applicable"]


def test_filters_and_search_narrow_the_table_and_clear_widens_it(page: BrowserPage) -> None:
    page.write_and_open()
    page.find("select[data-facet='verdict:correctness']").select_option("CRITICAL")
    page.wait_for_count("1 of 60 threads")
    page.find("button[type=reset]").click()
    page.wait_for_count("60 threads")
    page.find("select[data-facet='reason']").select_option("infra")
    page.wait_for_count("4 of 60 threads")
    page.find("button[type=reset]").click()
    page.find("#search").press_sequentially("NOBODY RANG")
    page.wait_for_count("1 of 60 threads")
    page.find("#search").press_sequentially(" ever")
    page.wait_for_count("0 of 60 threads")
    assert page.texts(".threads tbody") == ["No thread matches these filters."]


def test_the_user_filter_narrows_the_table(page: BrowserPage) -> None:
    page.write_and_open()
    page.find("#user").press_sequentially("u-17")
    page.wait_for_count("3 of 60 threads")


def test_a_bar_of_a_chart_shows_its_threads(page: BrowserPage) -> None:
    page.write_and_open()
    bars = [row for row in page.all("button.bar-row") if row.inner_text().startswith("BROKEN")]
    bars[0].click()
    page.wait_for_count("14 of 60 threads")
    assert set(page.texts(".threads tbody td:nth-child(7)")) == {"BROKEN"}


def test_threads_left_out_are_owned_up_to(page: BrowserPage) -> None:
    page.write_and_open(limit=10)
    assert "10 of 60 shown: the worst ones" in page.find("#threads .notice").inner_text()


def test_two_thousand_threads_open_and_filter(page: BrowserPage) -> None:
    page.write_and_open(sample_threads(2000))
    assert len(page.all(".threads tbody tr[tabindex]")) == 50
    assert page.texts(".pager span") == ["Page 1 of 40"]
    page.find("#search").press_sequentially("parcel-1999")
    page.wait_for_count("1 of 2,000 threads")
    page.find(".threads tbody tr").click()
    page.wait_for(OPENED)
    assert page.find("#thread-title").inner_text() == "parcel-1999"


def test_an_empty_run_is_a_page_too(page: BrowserPage) -> None:
    page.write_and_open([], summary={"items": 0, "completed": 0})
    assert page.find("h1").is_visible()
    assert page.texts(".count") == ["0 threads"]
    assert page.complaints == []


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("address", ["", "#thread=parcel-0001"])
def test_nothing_is_wider_than_the_window(page: BrowserPage, width: int, address: str) -> None:
    with page.sized(width, 800):
        page.write_and_open(address=address)
        assert page.script("document.documentElement.scrollWidth") <= width


def test_nothing_is_wider_than_the_paper(page: BrowserPage) -> None:
    with page.sized(760, 1000), page.on_paper():
        page.write_and_open()
        assert page.script("document.documentElement.scrollWidth") <= 760
        assert not page.find(".filters").is_visible()
