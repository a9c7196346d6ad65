"""A thread of the report in a real browser: opened, read and left, by mouse and by keyboard."""

import pytest

from tasks.reports.thread import ReportThread
from tests.tasks.reports.browser_page import BrowserPage
from tests.tasks.reports.sample_bad_thread import bad_thread
from tests.tasks.reports.sample_evaluations import JSONObject, conversation, evaluated
from tests.tasks.reports.sample_threads import unscored_thread

pytestmark = pytest.mark.browser
OPENED = "!document.getElementById('thread').hidden"
LISTED = "!document.getElementById('overview').hidden"


def test_a_thread_opens_by_mouse_and_the_way_back_leads_to_its_row(page: BrowserPage) -> None:
    page.write_and_open()
    page.all(".threads tbody tr")[2].click()
    page.wait_for(OPENED)
    assert page.find("#thread-title").inner_text() == "parcel-0011"
    page.back()
    page.wait_for(LISTED)
    assert page.script("document.activeElement.dataset.place") == "3"


def test_a_thread_opens_and_turns_by_keyboard_alone(page: BrowserPage) -> None:
    page.write_and_open()
    page.script("document.querySelector('.threads tbody tr').focus()")
    page.press("ArrowDown", "Enter")
    page.wait_for(OPENED)
    assert page.find("#thread-title").inner_text() == "parcel-0003"
    page.press("ArrowLeft")
    page.wait_for("document.getElementById('thread-title').textContent === 'parcel-0001'")
    page.press("Escape")
    page.wait_for(LISTED)
    assert page.script("document.activeElement.dataset.place") == "1"


def test_previous_and_next_go_through_what_is_listed(page: BrowserPage) -> None:
    page.write_and_open()
    page.find("select[data-facet='reason']").select_option("infra")
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
    assert "invented quotation" in page.find("#message-6 .invented").inner_text()
    assert page.texts("#message-6 mark") == []


def test_a_thread_reads_as_a_chat_with_verdicts_tools_and_intents(page: BrowserPage) -> None:
    page.write_and_open([bad_thread()], "#thread=parcel-0001")
    assert page.left_edge("#message-7 .bubble") > page.left_edge("#message-6 .bubble")
    assert page.texts("#message-4 .said-by .badge") == ["CRITICAL"]
    assert page.texts("#message-1 .intents dt")[:3] == ["Recorded", "Expected", "Judge says"]
    assert page.texts("#message-2 summary code") == ["track_parcel"]
    assert not page.find("#message-2 pre").is_visible()
    page.find("#message-2 .call summary").click()
    assert "PX-2291" in page.find("#message-2 pre").inner_text()
    assert page.texts("#message-6 .note b") == ["Correctness: SOFT FAIL", "Friction caused by the bot"]
    assert page.texts(".policy .badge") == ["VIOLATED", "FOLLOWED"]


def test_a_deep_link_leads_to_the_message(page: BrowserPage) -> None:
    page.write_and_open(address="#thread=parcel-0001&message=6")
    assert page.script("document.activeElement.id") == "message-6"


def test_a_link_to_a_thread_that_is_not_here_says_so(page: BrowserPage) -> None:
    page.write_and_open(address="#thread=%3Cb%3Enobody", limit=10)
    notice = page.find("#thread .notice").inner_text()
    assert "Thread <b>nobody is not in this report" in notice
    assert "10 of 60 shown" in notice


def test_an_unscored_thread_says_why(page: BrowserPage) -> None:
    page.write_and_open([unscored_thread(7)], "#thread=parcel-0007")
    assert "UNSCORED" in page.find(".thread-badges").inner_text()
    assert "time-out after 60 s" in page.find(".conclusions").inner_text()


def test_what_the_evaluator_could_not_find_is_never_marked(page: BrowserPage) -> None:
    thread = conversation("refused", "These words stand here.")
    evidence: JSONObject = {"evidence": [{"index": 0, "quote": "These words", "found": False}]}
    judged = evaluated(thread, "efficiency", "BROKEN", result=evidence)
    page.write_and_open([ReportThread(thread=thread, evaluations=(judged,))], "#thread=refused")
    assert page.texts(".invented q") == ["These words"]
    assert page.texts("mark") == []
