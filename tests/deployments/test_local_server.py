"""The local Prefect server of a home: started once, attached to, replaced when dead, stopped."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest

from deployments.local.ports import listen
from deployments.local.server import (
    LocalServer,
    LocalServerError,
    ensure_server,
    server_slot,
    server_status,
    stop_server,
)
from settings import Settings
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[2]
START = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from deployments.local.server import ensure_server
from settings import Settings
with ThreadPoolExecutor(4) as pool:
    print({server.pid for server in pool.map(ensure_server, [Settings(home=Path(sys.argv[1]))] * 4)})
"""


@pytest.fixture(scope="module")
def users_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The Prefect home of a user who has settings of his own, in the environment of whoever starts a server here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(folder := tmp_path_factory.mktemp("user") / "users"))
        patch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
        patch.setenv("PREFECT_SERVER_EPHEMERAL_ENABLED", "true")
        yield folder


@pytest.fixture(scope="module")
def home(users_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One home for this file, so that Prefect's tables are made once."""
    home = tmp_path_factory.mktemp("home")
    yield home
    stop_server(Settings(home=home))


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home)


@pytest.fixture
def server(settings: Settings) -> LocalServer:
    return ensure_server(settings)


def call(server: LocalServer, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        sent = {"Content-Type": "application/json", **headers}
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text.startswith((b"{", b"[", b"t")) else text
    finally:
        connection.close()


def kill(server: LocalServer) -> None:
    os.kill(server.pid, signal.SIGKILL)


def test_a_home_without_a_server_has_no_status_and_stays_untouched(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "none")
    assert server_status(settings) is None
    assert not stop_server(settings)
    assert not (tmp_path / "none").exists()


def test_callers_at_the_same_moment_get_one_server_that_outlives_them_in_a_session_of_its_own(
    settings: Settings,
) -> None:
    started = subprocess.run(
        [sys.executable, "-c", START, str(settings.home)], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    server = server_status(settings)
    assert server is not None
    assert started.stdout.strip() == f"{{{server.pid}}}"
    assert os.getsid(server.pid) == server.pid


def test_the_server_answers_on_this_machine_only_and_serves_the_ui(server: LocalServer) -> None:
    assert call(server, "GET", "/api/health") == (200, True)
    status, page = call(server, "GET", "/", Accept="text/html")
    assert status == 200
    assert b"<html" in page.lower()
    listening = [c for c in psutil.Process(server.pid).net_connections(kind="tcp") if c.status == psutil.CONN_LISTEN]
    assert [tuple(connection.laddr) for connection in listening] == [("127.0.0.1", server.port)]


def test_prefect_is_quiet_and_keeps_to_its_folder(settings: Settings, server: LocalServer, users_folder: Path) -> None:
    _, found = call(server, "GET", "/api/admin/settings")
    assert found["home"] == str(settings.home / "prefect")
    assert found["server"]["analytics_enabled"] is False
    assert found["server"]["ephemeral"]["enabled"] is False
    assert found["server"]["ui"]["v2_enabled"] is False
    assert found["server"]["services"]["task_run_recorder"]["batch_size"] > 1
    assert found["server"]["concurrency"]["lease_storage"].endswith("filesystem")
    _, ui = call(server, "GET", "/ui-settings")
    assert ui["api_url"] == server.api_url
    assert not users_folder.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.example.com"},
        {"Host": "rebound.example.com"},
        {"Host": "[broken"},
    ],
)
def test_a_page_of_another_site_cannot_use_the_server(server: LocalServer, headers: dict[str, str]) -> None:
    assert call(server, "POST", "/api/flows/filter", {}, **headers)[0] == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_ui_can_use_the_server_by_either_name(server: LocalServer, name: str) -> None:
    own = {"Host": f"{name}:{server.port}", "Origin": f"http://{name}:{server.port}"}
    assert call(server, "POST", "/api/flows/filter", {}, **own)[0] == 200


def test_a_killed_server_is_replaced_on_the_same_port(settings: Settings, server: LocalServer) -> None:
    kill(server)
    assert wait_until(lambda: server_status(settings) is None)
    replaced = ensure_server(settings)
    assert replaced.pid != server.pid
    assert replaced.port == server.port


def test_stopping_is_safe_to_repeat(settings: Settings, server: LocalServer) -> None:
    assert stop_server(settings)
    assert server_status(settings) is None
    assert not stop_server(settings)


def test_a_port_that_somebody_took_is_left_to_them(settings: Settings) -> None:
    stop_server(settings)
    last_port = (server_slot(settings).read() or {})["port"]
    with listen(last_port) as taken:
        assert taken.getsockname()[1] == last_port
        assert ensure_server(settings).port != last_port


def test_a_server_that_hangs_is_killed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ensure_server(settings)
    monkeypatch.setattr("deployments.local.server.STOP_SECONDS", 0.2)
    os.kill(server.pid, signal.SIGSTOP)
    assert stop_server(settings)
    assert server_status(settings) is None


class AnswersAnything(BaseHTTPRequestHandler):
    """Some other program that says yes to every request."""

    def do_POST(self) -> None:
        self.send_response(204)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_file_left_behind_is_not_believed_when_nobody_holds_the_lock(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with HTTPServer(("127.0.0.1", 0), AnswersAnything) as other:
        Thread(target=other.serve_forever, daemon=True).start()
        left_behind = {"pid": os.getpid(), "port": other.server_port, "token": "t", "version": "3.8.8"}
        server_slot(settings).folder.mkdir()
        server_slot(settings).write({**left_behind, "started_at": "2026-01-01T00:00:00+00:00"})
        assert server_status(settings) is None
        assert not stop_server(settings)
        other.shutdown()


def test_an_idle_server_ends_by_itself_once_no_run_is_in_progress(settings: Settings) -> None:
    stop_server(settings)
    brief = Settings(home=settings.home, server_idle_seconds=0.3)
    server = ensure_server(brief)
    _, flow = call(server, "POST", "/api/flows/", {"name": "long"})
    _, run = call(server, "POST", "/api/flow_runs/", {"flow_id": flow["id"], "state": {"type": "RUNNING"}})
    time.sleep(2)
    assert server_status(brief) == server
    call(server, "POST", f"/api/flow_runs/{run['id']}/set_state", {"state": {"type": "COMPLETED"}, "force": True})
    assert wait_until(lambda: not server_slot(brief).is_taken())
    assert wait_until(lambda: not psutil.pid_exists(server.pid))


def test_a_server_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.db")
    with pytest.raises(LocalServerError) as caught:
        ensure_server(Settings(home=tmp_path))
    assert str(tmp_path / "prefect" / "server.log") in str(caught.value)
    assert "unable to open database file" in str(caught.value)
