"""A real browser for the tests of the report; skipped with a reason where there is none."""

from collections.abc import Generator
from pathlib import Path

import pytest
from selenium import webdriver

from tests.tasks.reports.browser_page import BrowserPage, missing_browser, open_browser


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Generator[webdriver.Chrome]:
    if reason := missing_browser():
        pytest.skip(reason)
    opened = open_browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.quit()


@pytest.fixture
def page(driver: webdriver.Chrome, tmp_path: Path) -> BrowserPage:
    return BrowserPage(driver, tmp_path)
