"""`evalflows up` and `evalflows down`, as processes: what runs, what a run finds, how it all stops."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deployments.local.down import down
from deployments.local.server import server_status
from deployments.local.worker import worker_slot
from settings import Settings
from storage.embedded import embedded_status
from tests.fixtures.database import new_home, remove_home

PROJECT = Path(__file__).parents[2]
TINY = Path(__file__).parent / "tiny_project"
UP = """
import sys
from pathlib import Path
from deployments.local.up import up
from settings import Settings
sys.exit(up(Settings(), Path(sys.argv[1])))
"""

Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One home for this file, so that Prefect's and our tables are made once."""
    home = new_home()
    yield home
    down(Settings(home=home))
    remove_home(home)


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home)


@pytest.fixture
def start_up(home: Path) -> Iterator[Start]:
    """Starts `up` as a shell would in the background of a script: with SIGINT ignored, in its own session."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        environment = {**os.environ, "EVALFLOWS_HOME": str(home), "A_KEY": "secret", "PYTHONPATH": str(PROJECT)}
        command = [sys.executable, "-c", UP, str(TINY)]
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=ignore_sigint,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=90)


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


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


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
    settings: Settings, start_up: Start, tmp_path: Path
) -> None:
    up = start_up()
    said = read_until(up, "Ctrl-C stops everything")
    server = server_status(settings)
    assert server is not None
    assert server.ui_url in said
    run_id = trigger(settings, tmp_path / "said", 0)
    assert wait_until(lambda: state(settings, run_id) == "COMPLETED")
    expected = f"began in {TINY} with home {settings.home} key secret\nended\n"
    assert (tmp_path / "said").read_text() == expected


def test_a_second_up_says_so_and_leaves_the_first_alone(settings: Settings, start_up: Start) -> None:
    first = start_up()
    read_until(first, "Ctrl-C stops everything")
    server = server_status(settings)
    assert server is not None
    second = start_up()
    assert second.wait(timeout=60) == 2
    assert f"already up at {server.ui_url} (process {first.pid})" in second.communicate()[0]
    assert first.poll() is None
    assert server_status(settings) == server


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_a_second_one_changes_nothing(
    settings: Settings, start_up: Start, number: signal.Signals
) -> None:
    up = start_up()
    read_until(up, "Ctrl-C stops everything")
    up.send_signal(number)
    read_until(up, "Stopping")
    up.send_signal(number)
    assert up.wait(timeout=60) == 0
    assert nothing_runs(settings)


def test_stopping_interrupts_the_run_in_progress_and_prefect_knows_it(
    settings: Settings, start_up: Start, tmp_path: Path
) -> None:
    up = start_up()
    read_until(up, "Ctrl-C stops everything")
    run_id = trigger(settings, tmp_path / "said", 600)
    assert wait_until((tmp_path / "said").exists)
    up.send_signal(signal.SIGINT)
    assert up.wait(timeout=60) == 0
    assert (tmp_path / "said").read_text().endswith("cancelled\n")
    again = start_up()
    read_until(again, "Ctrl-C stops everything")
    assert state(settings, run_id) == "CRASHED"


def test_a_second_start_finds_all_as_it_was(settings: Settings, start_up: Start) -> None:
    found: list[Any] = []
    for _ in range(2):
        up = start_up()
        read_until(up, "Ctrl-C stops everything")
        found.append(deployments(settings))
        up.terminate()
        assert up.wait(timeout=60) == 0
    assert found[0] == found[1]
    assert len(found[0]) == 1
    assert "{{ $EVALFLOWS_ROOT }}" in str(found[0])


def test_what_dies_is_started_again(settings: Settings, start_up: Start, tmp_path: Path) -> None:
    up = start_up()
    read_until(up, "Ctrl-C stops everything")
    server = server_status(settings)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    read_until(up, "server had ended and was started again")
    worker_process(settings).kill()
    read_until(up, "worker is started again")
    run_id = trigger(settings, tmp_path / "said", 0)
    assert wait_until(lambda: state(settings, run_id) == "COMPLETED")


def test_down_stops_what_up_started_and_says_so(
    settings: Settings, start_up: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    up = start_up()
    read_until(up, "Ctrl-C stops everything")
    assert down(settings)
    assert capsys.readouterr().out == "Stopped: evalflows up.\n"
    assert up.wait(timeout=60) == 0
    assert nothing_runs(settings)
    assert not down(settings)
    assert capsys.readouterr().out.startswith("Nothing ran under")


@pytest.mark.parametrize("cleaner", ["down", "up"])
def test_what_a_killed_up_left_is_cleaned_up(
    settings: Settings, start_up: Start, capsys: pytest.CaptureFixture[str], cleaner: str
) -> None:
    killed = start_up()
    read_until(killed, "Ctrl-C stops everything")
    orphan = worker_process(settings)
    killed.kill()
    killed.wait(timeout=60)
    if cleaner == "down":
        assert down(settings)
        assert capsys.readouterr().out == "Stopped: worker, Prefect server, database.\n"
        assert nothing_runs(settings)
    else:
        read_until(start_up(), "Ctrl-C stops everything")
    assert wait_until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)
