"""The embedded server: shared, kept, and got up again whatever was done to it."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from settings import Settings
from storage.embedded import embedded_status, start_embedded, stop_embedded
from storage.embedded.account import server_account
from storage.embedded.places import find_place
from storage.errors import DatabaseUnusable
from tests.fixtures.database import new_home, remove_home, superuser

ROOT = Path(__file__).parents[2]
START = """
from settings import Settings
from storage.embedded import start_embedded
print(start_embedded(Settings()).pid, flush=True)
"""
START_AND_STAY = f"{START}input()"


@pytest.fixture
def home() -> Iterator[Path]:
    folder = new_home()
    yield folder
    remove_home(folder)


@pytest.fixture(scope="module")
def made_home() -> Iterator[Path]:
    """A home with a data folder, made once for the tests that begin with one."""
    folder = new_home()
    start_embedded(Settings(home=folder))
    yield folder
    remove_home(folder)


@pytest.fixture
def stopped_home(made_home: Path) -> Path:
    """A home with a data folder on which no server runs."""
    stop_embedded(Settings(home=made_home))
    return made_home


@pytest.fixture
def changed(stopped_home: Path) -> Iterator[Path]:
    """As `stopped_home`, to have its files changed: they are put back."""
    folder = find_place(stopped_home).data
    files = {folder / name: (folder / name).read_text() for name in ("PG_VERSION", "postgresql.conf")}
    yield stopped_home
    for file, content in files.items():
        file.write_text(content)


def start_elsewhere(home: Path, code: str = START) -> subprocess.Popen[str]:
    environment = {**os.environ, "EVALFLOWS_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill_server(home: Path, pid: int) -> None:
    """Kill the postmaster, which is dead a moment later."""
    os.kill(pid, signal.SIGKILL)
    while embedded_status(Settings(home=home)) is not None:
        time.sleep(0.001)


@contextmanager
def stranger(data: Path) -> Generator[subprocess.Popen[bytes]]:
    """A process of the account that runs the server, which is none."""
    uid = server_account(data).uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "60"], user=uid) as process:
        yield process
        process.kill()


def test_a_second_start_finds_the_server_that_runs(stopped_home: Path) -> None:
    settings = Settings(home=stopped_home)
    first = start_embedded(settings)
    assert start_embedded(settings) == first
    status = embedded_status(settings)
    assert status is not None
    assert (status.pid, status.data, status.version) == (first.pid, first.data, "18")


def test_what_was_written_is_there_after_a_stop_and_a_start(stopped_home: Path) -> None:
    settings = Settings(home=stopped_home)
    with psycopg.connect(start_embedded(settings).url("owner")) as connection:
        connection.execute("CREATE TABLE kept_by_a_stop AS SELECT 1 AS value")
    assert stop_embedded(settings)
    assert not stop_embedded(settings)
    assert embedded_status(settings) is None
    with psycopg.connect(start_embedded(settings).url("owner")) as connection:
        assert connection.execute("SELECT value FROM kept_by_a_stop").fetchone() == (1,)


def test_nothing_runs_and_nothing_is_made_where_nothing_was_started(home: Path) -> None:
    assert embedded_status(Settings(home=home / "none")) is None
    assert not stop_embedded(Settings(home=home / "none"))
    assert not (home / "none").exists()


def test_four_starters_at_once_share_one_server(home: Path) -> None:
    starters = [start_elsewhere(home) for _ in range(4)]
    pids = {starter.communicate()[0].strip() for starter in starters}
    status = embedded_status(Settings(home=home))
    assert status is not None
    assert pids == {str(status.pid)}


def test_the_server_outlives_ctrl_c_in_its_starters_terminal(stopped_home: Path) -> None:
    starter = start_elsewhere(stopped_home, START_AND_STAY)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    os.killpg(starter.pid, signal.SIGINT)
    starter.communicate()
    assert start_embedded(Settings(home=stopped_home)).pid == pid
    assert os.getsid(pid) != starter.pid


@pytest.mark.parametrize("name", ["with space", 'it\'s $HOME "quoted", \u00e9\\n', "long" * 40])
def test_a_home_may_have_any_name(home: Path, name: str) -> None:
    inner = home / name
    inner.mkdir(mode=0o711)
    try:
        with psycopg.connect(start_embedded(Settings(home=inner)).url("app")) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("evalflows_app",)
    finally:
        remove_home(inner)


def test_a_stale_pid_file_that_names_a_living_process_is_no_server(stopped_home: Path) -> None:
    settings = Settings(home=stopped_home)
    server = start_embedded(settings)
    pid_file = find_place(stopped_home).pid_file
    left = pid_file.read_text()
    stop_embedded(settings)
    with stranger(server.data) as process:
        pid_file.write_text(left.replace(str(server.pid), str(process.pid), 1))
        (server.socket_folder / ".s.PGSQL.5432.lock").write_text(left.replace(str(server.pid), str(process.pid), 1))
        assert embedded_status(settings) is None
        assert not stop_embedded(settings)
        assert process.poll() is None
        with psycopg.connect(start_embedded(settings).url("app")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_killed_server_comes_up_again_with_what_was_committed(stopped_home: Path) -> None:
    settings = Settings(home=stopped_home)
    first = start_embedded(settings)
    with psycopg.connect(first.url("owner")) as connection:
        connection.execute("CREATE TABLE kept_by_a_kill AS SELECT 1 AS value")
    kill_server(stopped_home, first.pid)
    second = start_embedded(settings)
    assert second.pid != first.pid
    with psycopg.connect(second.url("owner")) as connection:
        assert connection.execute("SELECT value FROM kept_by_a_kill").fetchone() == (1,)


def test_a_starter_killed_while_it_made_the_data_folder_leaves_nothing_in_the_way(home: Path) -> None:
    starter = start_elsewhere(home)
    place = find_place(home)
    while not any(place.folder.glob("new-*/PG_VERSION")):
        assert starter.poll() is None
        time.sleep(0.001)
    os.kill(starter.pid, signal.SIGKILL)
    starter.communicate()
    assert not place.data.exists()
    with psycopg.connect(start_embedded(Settings(home=home)).url("app")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not list(place.folder.glob("new-*"))


def test_a_data_folder_of_another_version_is_refused_with_the_way_out(changed: Path) -> None:
    settings = Settings(home=changed)
    (find_place(changed).data / "PG_VERSION").write_text("16\n")
    with pytest.raises(
        DatabaseUnusable, match=r"made by Postgres 16 and this version .* brings 18: .*docs/postgres.md"
    ):
        start_embedded(settings)


def test_a_server_that_cannot_start_says_why(changed: Path) -> None:
    settings = Settings(home=changed)
    with (find_place(changed).data / "postgresql.conf").open("a") as configuration:
        configuration.write("shared_preload_libraries = 'no_such_library'\n")
    with pytest.raises(DatabaseUnusable, match="no_such_library"):
        start_embedded(settings)


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.touch()
    with pytest.raises(DatabaseUnusable, match=r"cannot use EVALFLOWS_HOME .*Not a directory"):
        start_embedded(Settings(home=home))


def test_only_its_user_reaches_the_server_and_no_network(stopped_home: Path) -> None:
    server = start_embedded(Settings(home=stopped_home))
    for folder in (server.data, server.socket_folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with superuser(server) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall() == [("postgres",)]
        unbound = "SELECT rolname FROM pg_roles WHERE rolbypassrls AND NOT rolsuper"
        assert connection.execute(unbound).fetchall() == []
