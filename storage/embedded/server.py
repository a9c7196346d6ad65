"""Start, find and stop the embedded server. Processes share it; it outlives the one that started it."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from settings import Settings
from storage.embedded.account import server_account
from storage.embedded.binaries import binaries, run_binary
from storage.embedded.cluster import DATABASE, data_version
from storage.embedded.launch import launch
from storage.embedded.locks import POLL_SECONDS, held_lock, is_locked
from storage.embedded.places import Place, find_place, make_place
from storage.embedded.postmaster import find_running
from storage.errors import DatabaseUnavailable, DatabaseUnusable
from storage.roles import ROLE_NAMES, Role

STOP_SECONDS = 30


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server: where its socket and data lie, and its process."""

    socket_folder: Path
    data: Path
    pid: int

    def url(self, role: Role, database: str = DATABASE) -> str:
        """A libpq URL that logs in as the role."""
        return f"postgresql://{ROLE_NAMES[role]}@/{database}?host={quote(str(self.socket_folder), safe='')}"


@dataclass(frozen=True)
class EmbeddedStatus:
    """A running server as shown to people."""

    pid: int
    data: Path
    version: str


def start_embedded(settings: Settings) -> EmbeddedServer:
    """The server of this home: the one that runs, else a new one.

    Raises:
        DatabaseUnusable: It cannot run here as it is configured.
        DatabaseUnavailable: It did not come up in `settings.postgres_start_seconds`.
    """
    with _home_is_usable(settings.home):
        place = find_place(settings.home)
        running = find_running(place)
        if running is None:
            place = make_place(settings.home)
            with held_lock(place.starting, settings.postgres_start_seconds):
                running = find_running(place) or launch(place, settings.postgres_start_seconds)
        return EmbeddedServer(running.socket_folder, place.data, running.pid)


def revive_embedded(settings: Settings) -> None:
    """Start the server of this home again where it ended by itself or was killed; one that was stopped stays so.

    Raises:
        DatabaseUnavailable: It did not come up, for a reason that may pass: it could run here before.
    """
    place = find_place(settings.home)
    if place.data.exists() and not place.stopped.exists() and not is_locked(place.running):
        try:
            start_embedded(settings)
        except DatabaseUnusable as error:
            raise DatabaseUnavailable(str(error)) from error


def stop_embedded(settings: Settings) -> bool:
    """Stop the server of this home, connections and all. Returns False where none ran.

    Raises:
        DatabaseUnavailable: It still runs half a minute later.
    """
    with _home_is_usable(settings.home):
        place = find_place(settings.home)
        if not place.data.exists():
            return False
        with held_lock(place.starting, settings.postgres_start_seconds):
            place.stopped.touch()
            if not is_locked(place.running):
                return False
            account = server_account(place.data)
            pg_ctl = binaries(place, account) / "pg_ctl"
            for mode in ("fast", "immediate"):
                run_binary(account, [pg_ctl, "stop", "-D", ".", "-W", "-m", mode], place.data)
                if _is_gone(place):
                    return True
    raise DatabaseUnavailable(f"the embedded Postgres in {place.data} did not stop")


def embedded_status(settings: Settings) -> EmbeddedStatus | None:
    """The server of this home; None where none runs."""
    with _home_is_usable(settings.home):
        place = find_place(settings.home)
        running = find_running(place)
        return running and EmbeddedStatus(running.pid, place.data, data_version(place))


@contextmanager
def _home_is_usable(home: Path) -> Generator[None]:
    """Say in one line what the file system refused."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise DatabaseUnusable(f"cannot use EVALFLOWS_HOME {str(home)!r}: {error.strerror or error}{where}") from error


def _is_gone(place: Place) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while is_locked(place.running):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
