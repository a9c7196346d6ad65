"""The Prefect UI of `evalflows up` in a real browser: fill in the form, watch the run, read its summary, cancel one."""

import time

import pytest

from settings import Settings
from tests.browser.prefect_ui import PrefectUi, wait_for
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SHOP = "tasks/sources/samples/threads/shop.csv"
PAGES = ("dashboard", "work-pools/create", "blocks/catalog", "v2/dashboard")
"""The last three would show pictures from, and report to, other hosts; the rest of the UI is as the first."""


def test_a_run_is_started_in_the_form_watched_and_read(up: Settings, ui: PrefectUi, judge: LocalOpenAI) -> None:
    judge.latency_seconds = 3
    ui.open_form("evaluate-threads")
    ui.fill(source=SHOP, judge="openai:gpt-5-mini", app="shop", limit=16, concurrency=2)
    ui.picture("prefect-form", height=1560)
    run_id = ui.start_run()
    ui.wait_for_state("Running")
    ui.open_artifact(run_id, "progress")
    seen = [ui.progress_percent()]
    wait_for(lambda: seen.append(ui.progress_percent()) or len(set(seen)) >= 3, lambda: f"progress stood at {seen}")
    assert seen == sorted(seen)
    ui.picture("prefect-progress", height=420)
    ui.open_run(run_id)
    ui.picture("prefect-running", height=620)
    judge.latency_seconds = 0
    ui.wait_for_state("Completed")
    ui.open_artifact(run_id, "summary-shop")
    figures = {row[0]: row for row in ui.tables()}
    assert figures["Success rate"][3] == "16"
    ui.open_artifact(run_id, "summary-shop-text")
    ui.page.get_by_text("16 of 16 threads completed (completed).").wait_for()
    assert {row[0]: row[1] for row in ui.tables()}.items() <= {name: row[1] for name, row in figures.items()}.items()
    ui.picture("prefect-summary", height=800)
    assert ui.watched.sent_abroad() == []


def test_a_value_out_of_range_is_refused_before_there_is_a_run(up: Settings, ui: PrefectUi) -> None:
    ui.open_form("evaluate-threads")
    ui.fill(source=SHOP, repeats=50)
    before = rows(up, "SELECT FROM eval_runs")
    ui.submit()
    ui.page.get_by_text("50 is greater than the maximum of 20").first.wait_for()
    assert rows(up, "SELECT FROM eval_runs") == before


def test_a_run_is_cancelled_in_the_ui(up: Settings, ui: PrefectUi, judge: LocalOpenAI) -> None:
    judge.latency_seconds = 1.5
    before = judge.calls
    ui.open_form("evaluate-threads")
    ui.fill(source=SHOP, judge="openai:gpt-5-mini", app="shop", concurrency=2)
    run_id = ui.start_run()
    ui.wait_for_state("Running")
    wait_for(lambda: judge.calls > before + 4, lambda: "the judge was not asked")
    ui.cancel_run()
    ui.wait_for_state("Cancelled")
    calls = judge.calls
    ui.open_run(run_id)
    ui.picture("prefect-cancelled", height=620)
    assert rows(up, "SELECT status FROM eval_runs WHERE id = %s", run_id) == [{"status": "cancelled"}]
    assert rows(up, "SELECT FROM thread_evaluations WHERE run_id = %s", run_id) != []
    time.sleep(2 * judge.latency_seconds)
    assert judge.calls == calls
    assert ui.watched.sent_abroad() == []


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_the_ui_asks_another_host(ui: PrefectUi, path: str) -> None:
    ui.page.goto(f"{ui.url}/{path}")
    ui.page.wait_for_timeout(3_000)
    assert ui.watched.requests
    assert ui.watched.sent_abroad() == []
