"""Bring the server up: alone, on a whole data folder, without what a dead one left behind."""

import os
import shlex
import time
from pathlib import Path

from storage.embedded.account import Account, server_account
from storage.embedded.binaries import binaries, run_binary
from storage.embedded.cluster import ensure_cluster
from storage.embedded.locks import POLL_SECONDS, try_lock
from storage.embedded.places import Place, socket_folder
from storage.embedded.postmaster import PORT, Postmaster, find_running, is_postmaster, read_pid_file
from storage.errors import DatabaseUnavailable, DatabaseUnusable

RETRY_SECONDS = 10


def launch(place: Place, wait_seconds: float) -> Postmaster:
    """Start the server and wait until it takes connections; called under the starting lock.

    The server inherits the running lock, so the kernel tells whether any of its processes lives: a pid file alone
    may name a stranger, and a killed server's last processes must be gone before the next one starts.

    Raises:
        DatabaseUnusable: It cannot run here as it is configured.
        DatabaseUnavailable: It did not come up in time.
    """
    account = server_account(place.data)
    binary_folder = binaries(place, account)
    deadline = time.monotonic() + wait_seconds
    place.stopped.unlink(missing_ok=True)
    while (running := find_running(place)) is None:
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(
                f"the embedded Postgres in {place.data} was not ready after {wait_seconds:g} seconds; see {place.log}"
            )
        lock = try_lock(place.running)
        if lock is None:
            time.sleep(POLL_SECONDS)
            continue
        try:
            ensure_cluster(place, account, binary_folder, lock)
            _remove_left_overs(place)
            _start(place, account, binary_folder, lock, deadline)
        finally:
            os.close(lock)
    return running


def _remove_left_overs(place: Place) -> None:
    stale = read_pid_file(place)
    if stale is not None and is_postmaster(stale.pid, place):
        raise DatabaseUnusable(
            f"process {stale.pid}, which evalflows did not start, uses {place.data} and does not answer: stop it"
        )
    place.pid_file.unlink(missing_ok=True)
    socket_path = socket_folder(place) / f".s.PGSQL.{PORT}"
    socket_path.unlink(missing_ok=True)
    socket_path.with_name(f"{socket_path.name}.lock").unlink(missing_ok=True)


def _start(place: Place, account: Account, binary_folder: Path, lock: int, deadline: float) -> None:
    seconds = max(1, int(deadline - time.monotonic()))
    command: list[str | Path] = [binary_folder / "pg_ctl", "start", "-w", "-t", str(seconds), "-D", "."]
    command += ["-l", "server.log", "-p", binary_folder / "postgres", "-o", _options(place)]
    until = time.monotonic() + RETRY_SECONDS
    while True:
        code, printed = run_binary(account, command, place.data, inherited=[lock])
        if code == 0 or find_running(place) is not None:
            return
        reason = _last_complaint(place) or printed.strip().splitlines()[-1]
        if "shared memory" not in reason or time.monotonic() > until:
            raise DatabaseUnusable(f"the embedded Postgres did not start: {reason}; see {place.log}")
        time.sleep(0.2)


def _options(place: Place) -> str:
    folder = str(socket_folder(place)).replace('"', '""')
    options = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": f'"{folder}"',
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }
    return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())


def _last_complaint(place: Place) -> str | None:
    try:
        lines = place.log.read_text(errors="replace").splitlines()[-20:]
    except OSError:
        return None
    fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return fatal[-1] if fatal else None
