"""Whether the server runs: its pid file, and whether its socket answers."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from storage.embedded.places import Place

PORT = 5432


@dataclass(frozen=True)
class Postmaster:
    """What the pid file of a server says."""

    pid: int
    socket_folder: Path
    ready: bool


def read_pid_file(place: Place) -> Postmaster | None:
    """What the pid file says; None where there is none or it is half written. The process may be long gone."""
    try:
        lines = place.pid_file.read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8 or not lines[0].isdigit():
        return None
    return Postmaster(pid=int(lines[0]), socket_folder=Path(lines[4]), ready=lines[7].strip() == "ready")


def find_running(place: Place) -> Postmaster | None:
    """The server that runs here and takes connections; None where there is none (yet)."""
    found = read_pid_file(place)
    if found is None or not found.ready or not _answers(found.socket_folder):
        return None
    return found


def is_postmaster(pid: int, place: Place) -> bool:
    """Whether the process is a server on this data folder; False where the system does not tell (no /proc)."""
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(place.data)
    except OSError:
        return False


def _answers(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(folder / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
    return True
