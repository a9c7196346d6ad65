"""The page of a training's predictions: complete by itself, and safe whatever the model said."""

import json
import re
from itertools import groupby
from pathlib import Path

import pytest

from storage.records.prediction import Prediction
from tasks.reports.predictions.page import training_page
from tasks.reports.predictions.scores import scores_of
from tasks.reports.predictions.sheets import Sheets, shown_steps
from tasks.reports.predictions.summarise import summarise_training
from tests.fixtures.browser import Watched
from tests.tasks.reports.training_rows import JOB, training_rows

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u202e {{ 7 * 7 }}"


def page_of(rows: list[Prediction], name: str = JOB.name) -> str:
    """The page of these rows."""
    sheets = Sheets()
    by_step = [(step, list(part)) for step, part in groupby(rows, lambda row: row.step)]
    for _, part in by_step:
        sheets.add(part)
    scores = [scores_of(step, part) for step, part in by_step]
    job = JOB.model_copy(update={"name": name})
    return training_page(summarise_training(job, "default", scores), sheets.data()).decode()


def test_each_metric_has_a_curve_and_its_figures_as_text() -> None:
    page = page_of(training_rows(range(0, 401, 80)))
    assert page.count("<svg ") == page.count("<caption") == 7
    assert 'aria-label="Exact match from 0 % at step 0 to' in page
    (chrf,) = re.findall(r"<h3>chrF</h3>.*?</figure>", page, re.DOTALL)
    assert len(re.findall(r"<tr><th scope=.row", chrf)) == 6
    assert re.findall(r"https?://(?!www\.w3\.org)|\bsrc=|@import|url\(|innerHTML", page) == []


def test_a_hostile_text_stays_text() -> None:
    (row,) = training_rows([10], samples=1)
    page = page_of([row.model_copy(update={"prediction": HOSTILE, "prompt": HOSTILE})], name=HOSTILE)
    assert page.count("<script") == 2
    assert "<img" not in page
    (data,) = re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data)["texts"] == [HOSTILE]


@pytest.mark.parametrize(("rows", "shown"), [(50 * 12, 50), (50 * 4000, 5)])
def test_more_than_a_browser_holds_is_left_out_evenly(rows: int, shown: int) -> None:
    steps = shown_steps(range(0, 500, 10), rows)
    assert len(steps) == shown
    assert {0, 490} <= steps


@pytest.mark.browser
def test_a_sample_is_shown_across_all_steps(watched: Watched, tmp_path: Path) -> None:
    rows = training_rows(range(0, 2001, 50), samples=4)
    hostile = rows[3].model_copy(update={"prediction": HOSTILE})
    path = tmp_path / "page.html"
    path.write_text(page_of([*rows[:3], hostile, *rows[4:]]), encoding="utf-8")
    page = watched.page
    page.goto(f"{path.as_uri()}#sample=3")
    cards = page.locator(".step")
    assert cards.count() == 24
    assert "<img src=x onerror=alert(2)>" in (cards.first.locator(".said").text_content() or "")
    page.get_by_label("Differences from").select_option("nothing")
    assert cards.locator("ins").count() == 0
    page.get_by_role("button", name="Later").click()
    assert cards.count() == 41 - 24
    page.get_by_role("button", name="Previous").click()
    assert page.url.endswith("#sample=2")
    assert page.locator(".truth").text_content() == f"Ground truth{rows[2].ground_truth}"
    assert watched.complaints == []
    assert len(watched.requests) == 1
