"""A report in the browser; skipped with a reason where there is none."""

from pathlib import Path

import pytest

from tests.fixtures.browser import Watched
from tests.tasks.reports.browser_page import BrowserPage


@pytest.fixture
def page(watched: Watched, tmp_path: Path) -> BrowserPage:
    return BrowserPage(watched, tmp_path)
