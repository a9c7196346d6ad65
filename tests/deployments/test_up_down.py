"""`evalflows up` and `evalflows down`, as processes: what runs, what a run finds, how it all stops."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deployments.local.down import down
from deployments.local.server import server_status
from deployments.local.signals import STOP_SIGNALS, interrupted_once
from deployments.local.worker import worker_slot
from settings import Settings
from storage.database import open_database
from storage.embedded import embedded_status
from storage.queries.threads import list_threads
from tests.fixtures.database import new_home, remove_home
from tests.fixtures.prefect_server import copy_tables
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[2]
TINY = Path(__file__).parent / "tiny_project"
UP = """
import sys
from pathlib import Path
from deployments.local.up import up
from settings import Settings
sys.exit(up(Settings(), Path(sys.argv[1])))
"""

READY = "Ctrl-C stops everything"


class Home:
    """One home for this file, with one `up` that the tests share: started when a test needs it and none runs."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder)
        self.started: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        """Start `up` as a shell would in the background of a script: with SIGINT ignored, in its own session."""
        home = str(self.settings.home)
        environment = {**os.environ, "EVALFLOWS_HOME": home, "A_KEY": "secret", "PYTHONPATH": str(PROJECT)}
        process = subprocess.Popen(
            [sys.executable, "-c", UP, str(TINY)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=ignore_sigint,
        )
        self.started.append(process)
        return process

    def up(self) -> subprocess.Popen[str]:
        """The `up` that runs, or a new one that is ready."""
        if self.started and self.started[-1].poll() is None:
            return self.started[-1]
        process = self.start()
        read_until(process, READY)
        return process


@pytest.fixture(scope="module")
def home(prefect_tables: Path) -> Iterator[Home]:
    home = Home(new_home())
    copy_tables(prefect_tables, home.settings.home)
    yield home
    for process in home.started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=90)
    down(home.settings)
    remove_home(home.settings.home)


@pytest.fixture
def settings(home: Home) -> Settings:
    return home.settings


def ignore_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if text in line:
            return said
    raise AssertionError(f"{text!r} was never said, only: {said}")


def api(settings: Settings) -> httpx.Client:
    server = server_status(settings)
    assert server is not None
    return httpx.Client(base_url=f"{server.api_url}/", timeout=30)


def trigger(settings: Settings, file: Path, seconds: float) -> str:
    with api(settings) as client:
        deployment = client.get("deployments/name/tiny/tiny").raise_for_status().json()
        body = {"parameters": {"file": str(file), "seconds": seconds}}
        return client.post(f"deployments/{deployment['id']}/create_flow_run", json=body).raise_for_status().json()["id"]


def state(settings: Settings, run_id: str) -> str:
    with api(settings) as client:
        return client.get(f"flow_runs/{run_id}").raise_for_status().json()["state"]["type"]


def deployments(settings: Settings) -> list[Any]:
    with api(settings) as client:
        found = client.post("deployments/filter", json={}).raise_for_status().json()
    return [(deployment["name"], deployment["id"], deployment["pull_steps"]) for deployment in found]


def worker_process(settings: Settings) -> psutil.Process:
    assert wait_until(lambda: worker_slot(settings).read() is not None)
    return psutil.Process((worker_slot(settings).read() or {})["pid"])


def nothing_runs(settings: Settings) -> bool:
    return (
        server_status(settings) is None and embedded_status(settings) is None and not worker_slot(settings).is_taken()
    )


def test_a_queued_run_is_run_with_the_home_the_keys_and_the_folder_of_up(
    settings: Settings, home: Home, tmp_path: Path
) -> None:
    said = read_until(home.start(), READY)
    server = server_status(settings)
    assert server is not None
    assert server.ui_url in said
    run_id = trigger(settings, tmp_path / "said", 0)
    assert wait_until(lambda: state(settings, run_id) == "COMPLETED")
    expected = f"began in {TINY} with home {settings.home} key secret\nended\n"
    assert (tmp_path / "said").read_text() == expected


async def test_the_shipped_threads_are_in_the_database(settings: Settings, home: Home) -> None:
    home.up()
    database = await open_database(settings)
    async with database.session() as session:
        assert (await list_threads(session, app="demo", limit=1)).total > 10
    await database.close()


def test_a_second_up_says_so_and_leaves_the_first_alone(settings: Settings, home: Home) -> None:
    first = home.up()
    server = server_status(settings)
    assert server is not None
    second = home.start()
    assert second.wait(timeout=60) == 2
    assert f"already up at {server.ui_url} (process {first.pid})" in second.communicate()[0]
    assert first.poll() is None
    assert server_status(settings) == server
    home.started.remove(second)


def test_what_dies_is_started_again(settings: Settings, home: Home, tmp_path: Path) -> None:
    up = home.up()
    server, database = server_status(settings), embedded_status(settings)
    assert server is not None
    assert database is not None
    os.kill(server.pid, signal.SIGKILL)
    read_until(up, "server had ended and was started again")
    worker_process(settings).kill()
    read_until(up, "worker is started again")
    os.kill(database.pid, signal.SIGKILL)
    read_until(up, "database had ended and was started again")
    run_id = trigger(settings, tmp_path / "said", 0)
    assert wait_until(lambda: state(settings, run_id) == "COMPLETED")


def test_stopping_interrupts_the_run_and_a_second_start_finds_all_as_it_was(
    settings: Settings, home: Home, tmp_path: Path
) -> None:
    up = home.up()
    before = deployments(settings)
    run_id = trigger(settings, tmp_path / "said", 600)
    assert wait_until((tmp_path / "said").exists)
    up.send_signal(signal.SIGINT)
    read_until(up, "Stopping")
    up.send_signal(signal.SIGINT)
    assert up.wait(timeout=60) == 0
    assert nothing_runs(settings)
    assert (tmp_path / "said").read_text().endswith("cancelled\n")
    home.up()
    assert state(settings, run_id) == "CRASHED"
    assert deployments(settings) == before
    assert len(before) == 1
    assert "{{ $EVALFLOWS_ROOT }}" in str(before)


def kill_up(home: Home) -> psutil.Process:
    """SIGKILL `up`; returns the worker it leaves behind."""
    killed = home.up()
    orphan = worker_process(home.settings)
    killed.kill()
    killed.wait(timeout=60)
    return orphan


def is_gone(process: psutil.Process) -> bool:
    return wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


def test_what_a_killed_up_left_is_cleaned_up_by_the_next_and_down_stops_that(
    settings: Settings, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    orphan = kill_up(home)
    up = home.up()
    assert is_gone(orphan)
    assert down(settings)
    assert capsys.readouterr().out == "Stopped: evalflows up.\n"
    assert up.wait(timeout=60) == 0
    assert nothing_runs(settings)
    assert not down(settings)
    assert capsys.readouterr().out.startswith("Nothing ran under")


def test_what_a_killed_up_left_is_cleaned_up_by_down(
    settings: Settings, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    orphan = kill_up(home)
    assert down(settings)
    assert capsys.readouterr().out == "Stopped: worker, Prefect server, database.\n"
    assert nothing_runs(settings)
    assert is_gone(orphan)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_each_signal_interrupts_once(number: signal.Signals) -> None:
    with interrupted_once():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        for again in STOP_SIGNALS:
            os.kill(os.getpid(), again)
