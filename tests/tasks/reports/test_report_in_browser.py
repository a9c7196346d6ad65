"""The HTML report in a real browser: opened, sorted, filtered, read, by mouse and by keyboard."""

from collections.abc import Generator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tasks.reports.thread import ReportThread
from tests.tasks.reports.browser_page import BrowserPage, missing_browser, open_browser
from tests.tasks.reports.sample_report import (
    JSONObject,
    bad_thread,
    conversation,
    evaluated,
    sample_threads,
    unscored_thread,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=missing_browser() or "a browser is here"),
]
OPENED = "!document.getElementById('thread').hidden"
LISTED = "!document.getElementById('overview').hidden"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Generator[webdriver.Chrome]:
    opened = open_browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.quit()


@pytest.fixture
def page(driver: webdriver.Chrome, tmp_path: Path) -> BrowserPage:
    return BrowserPage(driver, tmp_path)


def test_the_overview_is_drawn_without_an_error_or_a_request(page: BrowserPage) -> None:
    page.write_and_open()
    assert page.texts(".tile .figure") == ["62.0 %", "87.1 %", "not measured", "94.0 %"]
    assert "48.6 % to 73.9 %" in page.find(".tile .lines").text
    assert page.logged("browser") == []
    assert [url for url in page.requests() if not url.startswith("data:")] == [page.path.as_uri()]


def test_what_is_not_known_is_not_drawn(page: BrowserPage) -> None:
    page.write_and_open()
    marks = (
        "return [...document.querySelectorAll('.tile')].map((tile) => tile.querySelectorAll('.point, .band').length)"
    )
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
    Select(page.find("select[data-facet='verdict:correctness']")).select_by_value("CRITICAL")
    page.wait_for_count("1 of 60 threads")
    page.find("button[type=reset]").click()
    page.wait_for_count("60 threads")
    Select(page.find("select[data-facet='reason']")).select_by_value("infra")
    page.wait_for_count("4 of 60 threads")
    page.find("button[type=reset]").click()
    page.find("#search").send_keys("NOBODY RANG")
    page.wait_for_count("1 of 60 threads")
    page.find("#search").send_keys(" ever")
    page.wait_for_count("0 of 60 threads")
    assert page.texts(".threads tbody") == ["No thread matches these filters."]


def test_the_user_filter_narrows_the_table(page: BrowserPage) -> None:
    page.write_and_open()
    page.find("#user").send_keys("u-17")
    page.wait_for_count("3 of 60 threads")


def test_a_bar_of_a_chart_shows_its_threads(page: BrowserPage) -> None:
    page.write_and_open()
    bars = [row for row in page.all("button.bar-row") if row.text.startswith("BROKEN")]
    bars[0].click()
    page.wait_for_count("14 of 60 threads")
    assert set(page.texts(".threads tbody td:nth-child(7)")) == {"BROKEN"}


def test_a_thread_opens_by_mouse_and_the_way_back_leads_to_its_row(page: BrowserPage) -> None:
    page.write_and_open()
    page.all(".threads tbody tr")[2].click()
    page.wait_for(OPENED)
    assert page.find("#thread-title").text == "parcel-0011"
    page.driver.back()
    page.wait_for(LISTED)
    assert page.script("return document.activeElement.dataset.place") == "3"


def test_a_thread_opens_and_turns_by_keyboard_alone(page: BrowserPage) -> None:
    page.write_and_open()
    page.script("document.querySelector('.threads tbody tr').focus()")
    page.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    page.wait_for(OPENED)
    assert page.find("#thread-title").text == "parcel-0003"
    page.driver.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    page.wait_for("document.getElementById('thread-title').textContent === 'parcel-0001'")
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.wait_for(LISTED)
    assert page.script("return document.activeElement.dataset.place") == "1"


def test_previous_and_next_go_through_what_is_listed(page: BrowserPage) -> None:
    page.write_and_open()
    Select(page.find("select[data-facet='reason']")).select_by_value("infra")
    page.wait_for_count("4 of 60 threads")
    listed = page.texts(".threads tbody .name a")
    page.all(".threads tbody tr")[0].click()
    page.wait_for(OPENED)
    assert not page.find("#previous").is_enabled()
    page.find("#next").click()
    page.wait_for(f"document.getElementById('thread-title').textContent === '{listed[1]}'")
    assert page.find("#previous").is_enabled()


def test_evidence_is_marked_in_the_message_it_stands_in_and_nowhere_else(page: BrowserPage) -> None:
    page.write_and_open([bad_thread()], "#thread=parcel-0001")
    assert page.texts("#message-1 mark") == ["where is my parcel PX-2291"]
    assert page.texts("#message-3 mark") == ['"status": "in transit"']
    assert page.texts("#message-4 mark") == ["was delivered yesterday"]
    assert page.texts("mark") == page.texts("#message-1 mark, #message-3 mark, #message-4 mark")


@pytest.mark.parametrize(
    ("text", "quote", "marked"),
    [
        ("It\u2019s  on\nits way \u2013 really", "it's on its way - REALLY", "It\u2019s  on\nits way \u2013 really"),
        ("Caf\u00e9 and cafe\u0301 are open", "CAFE\u0301 AND CAF\u00c9", "Caf\u00e9 and cafe\u0301"),
        ("Die Stra\u00dfe ist gesperrt", "strasse ist", "Stra\u00dfe ist"),
        ("a zero\u200bwidth blank", "zerowidth", "zero\u200bwidth"),
        ("\U0001f600 we are closed \U0001f600 today", "Closed \U0001f600 Today", "closed \U0001f600 today"),
        ("the beginning, the end", "... THE END ...", "the end"),
    ],
)
def test_a_quotation_is_marked_however_its_letters_are_set(
    page: BrowserPage, text: str, quote: str, marked: str
) -> None:
    thread = conversation("letters", text)
    evidence: JSONObject = {"evidence": [{"index": 0, "quote": quote, "found": True}]}
    judged = evaluated(thread, "efficiency", "BROKEN", result=evidence)
    page.write_and_open([ReportThread(thread=thread, evaluations=(judged,))], "#thread=letters")
    assert page.texts("#message-0 .text") == [text]
    assert page.texts("#message-0 mark") == [marked]


def test_an_invented_quotation_is_flagged_and_not_marked(page: BrowserPage) -> None:
    page.write_and_open([bad_thread()], "#thread=parcel-0001")
    assert page.texts("#message-6 .invented q") == ["I could not find any parcel"]
    assert "invented quotation" in page.find("#message-6 .invented").text
    assert page.texts("#message-6 mark") == []


def test_a_thread_reads_as_a_chat_with_verdicts_tools_and_intents(page: BrowserPage) -> None:
    page.write_and_open([bad_thread()], "#thread=parcel-0001")
    assert page.left_edge("#message-7 .bubble") > page.left_edge("#message-6 .bubble")
    assert page.texts("#message-4 .said-by .badge") == ["CRITICAL"]
    assert page.texts("#message-1 .intents dt")[:3] == ["Recorded", "Expected", "Judge says"]
    assert page.texts("#message-2 summary code") == ["track_parcel"]
    assert not page.find("#message-2 pre").is_displayed()
    page.find("#message-2 .call summary").click()
    assert "PX-2291" in page.find("#message-2 pre").text
    assert page.texts("#message-6 .note b") == ["Correctness: SOFT FAIL", "Friction caused by the bot"]
    assert page.texts(".policy .badge") == ["VIOLATED", "FOLLOWED"]


def test_a_deep_link_leads_to_the_message(page: BrowserPage) -> None:
    page.write_and_open(address="#thread=parcel-0001&message=6")
    assert page.script("return document.activeElement.id") == "message-6"


def test_a_link_to_a_thread_that_is_not_here_says_so(page: BrowserPage) -> None:
    page.write_and_open(address="#thread=%3Cb%3Enobody", limit=10)
    notice = page.find("#thread .notice").text
    assert "Thread <b>nobody is not in this report" in notice
    assert "10 of 60 shown" in notice


def test_threads_left_out_are_owned_up_to(page: BrowserPage) -> None:
    page.write_and_open(limit=10)
    assert "10 of 60 shown: the worst ones" in page.find("#threads .notice").text


def test_an_unscored_thread_says_why(page: BrowserPage) -> None:
    page.write_and_open([unscored_thread(7)], "#thread=parcel-0007")
    assert "UNSCORED" in page.find(".thread-badges").text
    assert "time-out after 60 s" in page.find(".conclusions").text


def test_two_thousand_threads_open_and_filter(page: BrowserPage) -> None:
    page.write_and_open(sample_threads(2000))
    assert len(page.all(".threads tbody tr[tabindex]")) == 50
    assert page.texts(".pager span") == ["Page 1 of 40"]
    page.find("#search").send_keys("parcel-1999")
    page.wait_for_count("1 of 2,000 threads")
    page.find(".threads tbody tr").click()
    page.wait_for(OPENED)
    assert page.find("#thread-title").text == "parcel-1999"


def test_an_empty_run_is_a_page_too(page: BrowserPage) -> None:
    page.write_and_open([], summary={"items": 0, "completed": 0})
    assert page.find("h1").is_displayed()
    assert page.texts(".count") == ["0 threads"]
    assert page.logged("browser") == []


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("address", ["", "#thread=parcel-0001"])
def test_nothing_is_wider_than_the_window(page: BrowserPage, width: int, address: str) -> None:
    with page.sized(width, 800):
        page.write_and_open(address=address)
        assert page.script("return document.documentElement.scrollWidth") <= width


def test_nothing_is_wider_than_the_paper(page: BrowserPage) -> None:
    with page.sized(760, 1000), page.on_paper():
        page.write_and_open()
        assert page.script("return document.documentElement.scrollWidth") <= 760
        assert not page.find(".filters").is_displayed()
