"""What the page says of repeats, calls and failures, in a real browser."""

import pytest
from pydantic import JsonValue

from tests.tasks.reports.browser_page import BrowserPage
from tests.tasks.reports.sample_report import sample_summary

pytestmark = pytest.mark.browser


def test_repeats_are_shown_with_their_agreement(page: BrowserPage) -> None:
    agreement: dict[str, JsonValue] = {
        "correctness": {"threads": 56, "share": 0.875, "alpha": 0.8124, "level": "ordinal"},
        "intent": {"threads": 0, "share": None, "alpha": None, "level": "nominal"},
    }
    page.write_and_open(summary=sample_summary(repeats=3, reducer="median", agreement=agreement))
    assert page.texts("#agreement tbody th") == ["Correctness", "Intent"]
    assert page.texts("#agreement tbody td") == ["87.5 %", "0.812", "56", "not measured", "not defined", "0"]
    assert "judged 3 times and goes by the median" in page.find("#agreement .legend").inner_text()
    assert page.complaints == []


def test_a_run_without_repeats_says_nothing_of_agreement(page: BrowserPage) -> None:
    page.write_and_open()
    assert not page.find("#agreement").is_visible()


def test_the_head_tells_of_calls_tokens_and_what_to_beware_of(page: BrowserPage) -> None:
    notes: list[JsonValue] = ["stopped by the budget of USD 5", "<b>at most</b> 20 calls"]
    tokens: dict[str, JsonValue] = {"in": 1200, "out": 340, "cached": 300, "reasoning": 40}
    page.write_and_open(summary=sample_summary(notes=notes, calls=1204, repairs=4, reused=1, tokens=tokens))
    facts = dict(zip(page.texts("#masthead dt"), page.texts("#masthead dd"), strict=True))
    assert facts["Calls"] == "1,204, 4 to repair an answer, 1 answer reused"
    assert facts["Tokens"] == "1,200 in (300 cached), 340 out (40 reasoning)"
    assert page.texts("#masthead .notice") == notes
