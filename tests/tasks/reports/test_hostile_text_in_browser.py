"""Hostile texts in every field of a report: shown as they are, never run."""

import pytest

from storage.records import Message, Snapshot, Thread, ToolCall
from tasks.reports.thread import ReportThread
from tests.tasks.reports.browser_page import BrowserPage
from tests.tasks.reports.sample_evaluations import JSONObject, evaluated
from tests.tasks.reports.sample_report import sample_run

pytestmark = pytest.mark.browser
HOSTILE = (
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=1</script>",
    "<!--<script>window.hacked=1//",
    '<img src=x onerror="window.hacked=1">',
    "\"'><svg onload=window.hacked=1>",
    "<style>*{display:none}</style>",
    '<iframe src="javascript:parent.hacked=1"></iframe>',
    "javascript:window.hacked=1",
    '"]}};window.hacked=1;//',
    "${window.hacked=1} {{constructor.constructor('window.hacked=1')()}} $title $$ $data <!-- data -->",
    "\\u003cscript\\u003ewindow.hacked=1\\u003c/script\\u003e \\",
    "line\u2028separator\u2029here ]]> &lt;b&gt; &amp;",
    "\u202eright to left override and \u2066an isolate never closed",
    "__proto__",
    "<a href='https://example.invalid/' target=_top>click</a>",
)


def hostile_thread(text: str) -> ReportThread:
    call = ToolCall(id="c", name=text, arguments={text: text})
    messages = (
        Message(role="user", text=text, recorded_intents=(text,), expected_intents=(text,), recorded_query_type=text),
        Message(role="assistant", text=text, tool_calls=(call,)),
        Message(role="tool", text=text, tool_call_id="c"),
        Message(role="system", text=text),
    )
    thread = Thread(external_id=text, user_id=text, name=text, messages=messages, metadata={text: text})
    quote: JSONObject = {"index": 1, "quote": text, "found": True}
    finding: JSONObject = {"index": 1, "verdict": text, "reasoning": text, "check": text, "evidence": [quote]}
    intent: JSONObject = {"index": 0, "correct": False, "predicted": [text], "reasoning": text, "evidence": [quote]}
    friction: JSONObject = {"index": 0, "cause": text, "reasoning": text, "evidence": [quote]}
    rule: JSONObject = {"id": text, "section": text, "status": text, "reasoning": text, "evidence": [quote]}
    more: JSONObject = {"friction": [friction], "recovery": text, "failure_reason": text, "policy": [rule]}
    evaluations = (
        evaluated(thread, "correctness", text, judge=text, result={"messages": [finding]}),
        evaluated(thread, text, text, result=more | {"reasoning": text}),
        evaluated(thread, "intent", score=0.0, result={"messages": [intent]}),
        evaluated(thread, "efficiency", reason="infra", detail=text),
    )
    return ReportThread(thread=thread, evaluations=evaluations)


def hostile_summary(text: str) -> JSONObject:
    metric: JSONObject = {"value": 0.5, "n": 2, "low": 0.1, "high": 0.9, "unscored": 0, "best": None, "worst": None}
    return {
        "items": 1,
        "completed": 1,
        "unscored": {text: 1},
        "metrics": {text: metric},
        "counts": {text: {text: 1}},
        "evaluators": {text: {"n": 1, "scored": 0, "unscored": {text: 1}}},
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_not_run(page: BrowserPage, text: str) -> None:
    run = sample_run(
        app=text,
        name=text,
        judge_model=text,
        error_message=text,
        versions={text: text},
        snapshot=Snapshot(source=text, threads=1, messages=4, hash=text),
    )
    page.write_and_open([hostile_thread(text)], run=run, summary=hostile_summary(text))
    assert page.texts("h1") == [text]
    assert page.texts(".threads tbody .name a") == [text]
    page.find(".threads tbody tr").click()
    page.wait_for("!document.getElementById('thread').hidden")
    assert page.texts(".text") == [text] * 4
    assert page.texts("#message-1 mark") == [text.strip()]
    assert page.texts(".reasoning")[0] == text
    assert page.script("typeof window.hacked") == "undefined"
    assert page.script("document.querySelectorAll('script, iframe, img, svg:not([class]), a[target]').length") == 2
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith("data:")] == [page.path.as_uri()]


def test_control_characters_are_shown_as_their_pictures(page: BrowserPage) -> None:
    thread = hostile_thread("bell \u0007 and escape \u001b[31m")
    page.write_and_open([thread])
    page.find(".threads tbody tr").click()
    page.wait_for("!document.getElementById('thread').hidden")
    assert page.texts("#message-0 .text") == ["bell \u2407 and escape \u241b[31m"]


def test_a_direction_override_does_not_leave_its_text(page: BrowserPage) -> None:
    page.write_and_open([hostile_thread("\u202eevil")])
    page.find(".threads tbody tr").click()
    page.wait_for("!document.getElementById('thread').hidden")
    isolation = "[...document.querySelectorAll('bdi, .text, .reasoning')].map((e) => getComputedStyle(e).unicodeBidi)"
    assert set(page.script(isolation)) == {"isolate"}


def test_a_very_long_text_is_folded_and_what_is_left_out_is_counted(page: BrowserPage) -> None:
    page.write_and_open([hostile_thread("word " * 30_000)], "")
    page.find(".threads tbody tr").click()
    page.wait_for("!document.getElementById('thread').hidden")
    assert page.height("#message-1 .text") < 400
    page.find("#message-1 .more").click()
    assert page.height("#message-1 .text") > 400
    assert "leaves out the last 130,000 characters" in page.find("#message-1").inner_text()
