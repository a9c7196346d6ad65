"""The local Prefect server of one home: attach to it, start it, stop it."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from deployments.local.door import knock
from deployments.local.environment import server_environment, server_folder
from deployments.local.logs import last_error, open_log
from deployments.local.ports import listen
from deployments.local.slot import Slot
from settings import Settings

STOP_SECONDS = 10.0
STATUS_SECONDS = 15.0


class LocalServerError(Exception):
    """The local Prefect server could not be started; the message says where its log is."""


@dataclass(frozen=True)
class LocalServer:
    """A local Prefect server that answered."""

    pid: int
    port: int
    started_at: datetime
    version: str

    @property
    def ui_url(self) -> str:
        """The address of the Prefect UI."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """The value of PREFECT_API_URL for this server."""
        return f"{self.ui_url}/api"


def ensure_server(settings: Settings) -> LocalServer:
    """The live server of this home, started when there is none.

    Any number of processes may ask at once; one of them starts it.

    Raises:
        LocalServerError: The server ended while starting, or does not answer in time.
    """
    slot = server_slot(settings)
    started: subprocess.Popen[bytes] | None = None
    deadline = time.monotonic() + settings.server_start_seconds
    while (left := deadline - time.monotonic()) > 0:
        if server := _attach(slot, use=True, timeout_seconds=left):
            return server
        if started is not None and started.poll() is not None:
            raise LocalServerError(_explain(settings, f"ended with exit code {started.returncode} while starting"))
        with slot.try_lock() as lock:
            if lock is not None:
                started = _start(settings, slot, lock)
        time.sleep(0.02)
    raise LocalServerError(_explain(settings, f"does not answer after {settings.server_start_seconds:g} s"))


def server_status(settings: Settings) -> LocalServer | None:
    """The live server of this home, or None; looking does not count as using it."""
    return _attach(server_slot(settings), use=False, timeout_seconds=STATUS_SECONDS)


def stop_server(settings: Settings) -> bool:
    """Stop the server of this home and wait until it is gone. Returns False when none ran."""
    return server_slot(settings).stop(grace_seconds=STOP_SECONDS)


def server_slot(settings: Settings) -> Slot:
    """The place of the one Prefect server of this home."""
    return Slot(server_folder(settings), "server")


def api_url_from_prefect() -> str | None:
    """The API that Prefect's own settings name (environment, profile); None when they name none."""
    from prefect.settings import get_current_settings

    return get_current_settings().api.url or None


def _attach(slot: Slot, *, use: bool, timeout_seconds: float) -> LocalServer | None:
    state = slot.read() if slot.is_taken() else None
    if state is None or not knock(state["port"], state["token"], use=use, timeout_seconds=timeout_seconds):
        return None
    return LocalServer(state["pid"], state["port"], datetime.fromisoformat(state["started_at"]), state["version"])


def _start(settings: Settings, slot: Slot, lock: int) -> subprocess.Popen[bytes]:
    """Start the server as a process that outlives this one; it inherits the lock and a socket that listens already."""
    last_port = (slot.read() or {}).get("port")
    slot.state_path.unlink(missing_ok=True)
    with listen(last_port) as listener, open_log(slot.folder / "server.log") as log:
        arguments = [slot.folder, listener.fileno(), lock, settings.server_idle_seconds]
        process = subprocess.Popen(
            [sys.executable, "-m", "deployments.local.serve", *map(str, arguments)],
            cwd=slot.folder,
            env=server_environment(settings, listener.getsockname()[1]),
            pass_fds=(listener.fileno(), lock),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True, name="reap-prefect-server").start()
    return process


def _explain(settings: Settings, what: str) -> str:
    log_path = server_folder(settings) / "server.log"
    log = log_path.read_text(encoding="utf-8", errors="replace") if log_path.exists() else ""
    because = f": {error}" if (error := last_error(log)) else ""
    return f"the local Prefect server {what}{because} (see {str(log_path)!r})"
