"""A disk without room: a small file system of its own under the tables that grow, or under Postgres' log."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg

from storage.embedded import start_embedded, stop_embedded
from storage.embedded.account import is_root, server_account
from storage.embedded.places import find_place
from storage.errors import DatabaseError
from tests.crashes.faults.base import Fault
from tests.crashes.stage import Stage

TABLES = ("api_logs", "thread_evaluations")
BALLAST = "ballast"
TABLES_SIZE, LOG_SIZE = "64m", "256m"
LOG_KEPT = "64MB"
"""What Postgres keeps of its log, more or less: filled by the log itself, no disk has room once the ballast is gone."""


def can_mount() -> bool:
    """Whether this process may make a file system."""
    return is_root() and subprocess.run(["mount", "-V"], capture_output=True, check=False).returncode == 0


def disk_of(stage: Stage, name: str, size: str) -> Path:
    """A file system in memory beside the data folder, that the server's account may write to."""
    place = find_place(stage.settings.home)
    disk, account = place.folder / name, server_account(place.data)
    disk.mkdir(exist_ok=True)
    if not os.path.ismount(disk):
        options = f"size={size},uid={account.uid},gid={account.gid},mode=0700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True)
    return disk


def fill(disk: Path) -> None:
    """Leave no room on the disk."""
    block = bytes(1 << 16)
    descriptor = os.open(disk / BALLAST, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        while True:
            os.write(descriptor, block)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def superuser(stage: Stage) -> psycopg.Connection:
    """A connection as the server's administrator, in autocommit."""
    folder = str(start_embedded(stage.settings).socket_folder)
    return psycopg.connect(host=folder, user="postgres", dbname="evalflows", autocommit=True)


def move_tables(stage: Stage) -> None:
    """Put the tables that grow on a disk of their own."""
    disk = disk_of(stage, "tables", TABLES_SIZE)
    account = server_account(find_place(stage.settings.home).data)
    space = disk / "space"
    if space.exists():
        return
    space.mkdir(mode=0o700)
    os.chown(space, account.uid, account.gid)
    with superuser(stage) as connection:
        connection.execute(f"CREATE TABLESPACE tight LOCATION '{space}'".encode())
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} SET TABLESPACE tight".encode())


def fill_tables(stage: Stage, run_pid: int) -> None:
    """Leave no room for rows."""
    fill(disk_of(stage, "tables", TABLES_SIZE))


def make_room_for_tables(stage: Stage) -> None:
    """What an operator does."""
    (disk_of(stage, "tables", TABLES_SIZE) / BALLAST).unlink()


def move_log(stage: Stage) -> None:
    """Put the server's log of changes on a disk of its own."""
    place = find_place(stage.settings.home)
    log = place.data / "pg_wal"
    if log.is_symlink():
        return
    with superuser(stage) as connection:
        connection.execute(f"ALTER SYSTEM SET max_wal_size = '{LOG_KEPT}'".encode())
    stop_embedded(stage.settings)
    disk = disk_of(stage, "log", LOG_SIZE)
    subprocess.run(["cp", "-a", f"{log}/.", disk], check=True)
    log.rename(place.folder / "pg_wal.old")
    log.symlink_to(disk)
    start_embedded(stage.settings)


def fill_log(stage: Stage, run_pid: int) -> None:
    """Leave no room for the log of changes, and let the server need a new file of it: it panics."""
    disk = disk_of(stage, "log", LOG_SIZE)
    fill(disk)
    with suppress(psycopg.OperationalError, DatabaseError), superuser(stage) as connection:
        for _ in range(20):
            connection.execute("SELECT pg_logical_emit_message(true, 'evalflows', 'filler')")
            connection.execute("SELECT pg_switch_wal()")


def make_room_for_log(stage: Stage) -> None:
    """What an operator does."""
    (disk_of(stage, "log", LOG_SIZE) / BALLAST).unlink()


def unmount(stage: Stage) -> None:
    """Clear the disks away, with the server stopped."""
    folder = find_place(stage.settings.home).folder
    for name in ("tables", "log"):
        if os.path.ismount(folder / name):
            subprocess.run(["umount", folder / name], check=True)


FAULTS = (
    Fault("disk of the tables full", fill_tables, make_room_for_tables, prepare=move_tables),
    Fault("disk of the log full", fill_log, make_room_for_log, prepare=move_log),
)
