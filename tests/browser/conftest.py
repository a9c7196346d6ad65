"""`evalflows up` for the tests that use its UI, and a model server that its worker asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.local.server import server_status
from settings import Settings
from tests.browser.prefect_ui import PrefectUi
from tests.fixtures.browser import Watched, missing_browser
from tests.fixtures.stack import evalflows_up
from tests.servers.local_openai import LocalOpenAI


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalOpenAI]:
    """Slow enough that a run can be watched; tests change its latency."""
    if reason := missing_browser():
        pytest.skip(reason)
    server = LocalOpenAI()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def up(judge: LocalOpenAI, prefect_tables: Path) -> Iterator[Settings]:
    """The settings of a home where `evalflows up` runs."""
    keys = {"OPENAI_BASE_URL": judge.root_url, "OPENAI_API_KEY": "test-key-for-a-local-server"}
    with evalflows_up(prefect_tables, **keys, EVALFLOWS_PROGRESS_SECONDS="0.5") as settings:
        yield settings


@pytest.fixture
def ui(up: Settings, watched: Watched) -> PrefectUi:
    """The UI in the browser, not opened yet."""
    server = server_status(up)
    assert server is not None
    return PrefectUi(watched, server.ui_url)
