"""Where the embedded server keeps its files, and how they become reachable for the account that runs it."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from storage.embedded.account import Account, is_root, server_account
from storage.errors import DatabaseUnusable

SOCKET_FOLDER_BYTES = 93
SYSTEM_FOLDER = Path("/var/lib/evalflows-postgres")


@dataclass(frozen=True)
class Place:
    """The server's folder: `home`/postgres, or where that link leads."""

    folder: Path

    @property
    def data(self) -> Path:
        """The data folder, which exists only whole."""
        return self.folder / "data"

    @property
    def pid_file(self) -> Path:
        """The file the server keeps while it runs."""
        return self.data / "postmaster.pid"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.data / "server.log"

    @property
    def starting(self) -> Path:
        """Locked by whoever starts or stops the server."""
        return self.folder / "starting.lock"

    @property
    def running(self) -> Path:
        """Locked as long as any process of the server lives."""
        return self.folder / "running.lock"

    @property
    def stopped(self) -> Path:
        """There once the server was told to stop, until it is started again."""
        return self.folder / "stopped"


def find_place(home: Path) -> Place:
    """The place under this home as it is now, without making anything."""
    return Place(Path(os.path.realpath(home.expanduser() / "postgres")))


def make_place(home: Path) -> Place:
    """The place under this home, made where it is missing.

    Root's server runs as a system user. Where that user cannot reach the home, or its path does not do for a
    socket, `home`/postgres is a link to a folder under /var/lib/evalflows-postgres.

    Raises:
        DatabaseUnusable: No folder is reachable for the user who runs the server.
        OSError: A folder cannot be made.
    """
    home = Path(os.path.abspath(home.expanduser()))
    make_folder(home)
    link = home / "postgres"
    if not os.path.lexists(link):
        _make_server_folder(home, link)
    return find_place(home)


def make_folder(folder: Path) -> None:
    """Make a folder nobody else may list; root's may be passed through, by the account that runs the server."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return
    folder.chmod(0o711 if is_root() else 0o700)


def socket_folder(place: Place) -> Path:
    """Where the server's socket lies: the data folder, or a short private folder where its path does not do."""
    if _can_hold_socket(place.data):
        return place.data
    digest = hashlib.sha256(os.fsencode(place.data)).hexdigest()[:16]
    name = f"evalflows-{os.geteuid()}-{digest}"
    temporary = Path(tempfile.gettempdir())
    folder = (temporary if len(os.fsencode(temporary)) + len(name) < SOCKET_FOLDER_BYTES else Path("/tmp")) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o177777 != 0o040700:
        raise DatabaseUnusable(f"{folder} is not a private folder of this user: remove it, or shorten EVALFLOWS_HOME")
    return folder


def _make_server_folder(home: Path, link: Path) -> None:
    account = server_account(home / "postgres" / "data")
    if not is_root() or _suits(home, link, account):
        make_folder(link)
        return
    digest = hashlib.sha256(os.fsencode(os.path.realpath(home))).hexdigest()[:16]
    make_folder(SYSTEM_FOLDER)
    make_folder(SYSTEM_FOLDER / digest)
    if not account.can_enter(SYSTEM_FOLDER / digest):
        raise DatabaseUnusable(
            f"user {account.name!r}, who runs Postgres for root, reaches neither {str(home)!r} nor {SYSTEM_FOLDER}: "
            "set EVALFLOWS_HOME to a folder it can reach"
        )
    try:
        link.symlink_to(SYSTEM_FOLDER / digest)
    except FileExistsError:
        return


def _suits(home: Path, link: Path, account: Account) -> bool:
    return _can_hold_socket(Place(Path(os.path.realpath(link))).data) and account.can_enter(
        Path(os.path.realpath(home))
    )


def _can_hold_socket(folder: Path) -> bool:
    """Whether clients can name a socket there: its path is short, and libpq takes a comma for the end of a host."""
    return len(os.fsencode(folder)) <= SOCKET_FOLDER_BYTES and "," not in str(folder)
