"""`evalflows up` for the tests that use its UI, and a model server that its worker asks."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from deployments.local.down import down
from deployments.local.server import server_status
from settings import Settings
from storage.embedded import start_embedded
from tests.browser.prefect_ui import PrefectUi
from tests.fixtures.browser import Watched, missing_browser
from tests.fixtures.command import EVALFLOWS, HEARS_CTRL_C
from tests.fixtures.database import new_home, remove_home
from tests.servers.local_openai import LocalOpenAI

STOP_SECONDS = 120


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
def up(judge: LocalOpenAI, evalflows_home: object) -> Iterator[Settings]:
    """The settings of a home where `evalflows up` runs."""
    home = new_home()
    keys = {"OPENAI_BASE_URL": judge.root_url, "OPENAI_API_KEY": "test-key-for-a-local-server"}
    clean = {name: value for name, value in os.environ.items() if name != "EVALFLOWS_DATABASE_URL"}
    process = subprocess.Popen(
        [sys.executable, "-c", HEARS_CTRL_C, EVALFLOWS, "up"],
        env={**clean, **keys, "EVALFLOWS_HOME": str(home), "EVALFLOWS_PROGRESS_SECONDS": "0.5"},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    settings = Settings(home=home)
    try:
        assert process.stdout is not None
        assert any("Ctrl-C stops everything" in line for line in process.stdout)
        yield Settings.model_validate({"home": home, "database_url": start_embedded(settings).url("owner")})
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=STOP_SECONDS) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=STOP_SECONDS)
        down(settings)
        remove_home(home)


@pytest.fixture
def ui(up: Settings, watched: Watched) -> PrefectUi:
    """The UI in the browser, not opened yet."""
    server = server_status(up)
    assert server is not None
    return PrefectUi(watched, server.ui_url)
