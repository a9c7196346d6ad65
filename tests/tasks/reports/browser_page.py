"""A report opened in a real browser: what it shows, what it logged, what it asked the network for."""

import json
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.records import Run
from tasks.reports.html import write_report
from tasks.reports.thread import ReportThread
from tests.fixtures.browser import Watched
from tests.tasks.reports.sample_evaluations import JSONObject
from tests.tasks.reports.sample_report import sample_run, sample_summary
from tests.tasks.reports.sample_threads import sample_threads

if TYPE_CHECKING:
    from playwright.sync_api import Locator


class BrowserPage:
    """One report in the browser."""

    def __init__(self, watched: Watched, folder: Path) -> None:
        self.watched = watched
        self.page = watched.page
        self.path = folder / "report.html"

    def write_and_open(
        self,
        threads: Iterable[ReportThread] | None = None,
        address: str = "",
        run: Run | None = None,
        summary: JSONObject | None = None,
        limit: int = 2000,
    ) -> None:
        found = sample_threads() if threads is None else threads
        write_report(self.path, run or sample_run(), summary or sample_summary(), found, limit=limit)
        self.page.goto(self.path.as_uri() + address)

    @property
    def complaints(self) -> list[str]:
        return self.watched.complaints

    @property
    def requests(self) -> list[str]:
        return self.watched.requests

    def script(self, expression: str, argument: object = None) -> Any:
        return self.page.evaluate(expression, argument)

    def find(self, selector: str) -> "Locator":
        return self.page.locator(selector).first

    def all(self, selector: str) -> "list[Locator]":
        return self.page.locator(selector).all()

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_text_contents()

    def left_edge(self, selector: str) -> float:
        return self.script("(selector) => document.querySelector(selector).getBoundingClientRect().left", selector)

    def height(self, selector: str) -> float:
        return self.script("(selector) => document.querySelector(selector).getBoundingClientRect().height", selector)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def back(self) -> None:
        self.page.go_back()

    @contextmanager
    def sized(self, width: int, height: int) -> Generator[None]:
        before = self.page.viewport_size
        self.page.set_viewport_size({"width": width, "height": height})
        yield
        if before:
            self.page.set_viewport_size(before)

    @contextmanager
    def on_paper(self) -> Generator[None]:
        self.page.emulate_media(media="print")
        yield
        self.page.emulate_media(media="screen")

    def wait_for(self, condition: str) -> None:
        self.page.wait_for_function(f"() => Boolean({condition})")

    def wait_for_count(self, text: str) -> None:
        self.wait_for(f"document.querySelector('.count').textContent.startsWith({json.dumps(text)})")
