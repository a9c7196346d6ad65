"""Which account of the operating system runs the server: Postgres refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from storage.errors import DatabaseUnusable

SYSTEM_USERS = ("postgres", "nobody", "daemon")


@dataclass(frozen=True)
class Account:
    """The user and group the server's processes run as."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        """The user's name, or its number where it has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def can_enter(self, folder: Path) -> bool:
        """Whether the account may enter the folder and every folder above it, by their modes."""
        return all(self._may_search(part) for part in (folder, *folder.parents))

    def _may_search(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def is_root() -> bool:
    """Whether this process is root's, which Postgres refuses to run as."""
    return os.geteuid() == 0


def server_account(data: Path) -> Account:
    """The account that runs the server on this data folder: its owner, else ourselves, for root a system user.

    Raises:
        DatabaseUnusable: The folder is another user's, or root finds no system user.
    """
    if data.exists():
        return _owner_of(data)
    if not is_root():
        return Account(os.geteuid(), os.getegid())
    for name in SYSTEM_USERS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise DatabaseUnusable(
        f"Postgres does not run as root, and none of the users {', '.join(SYSTEM_USERS)} exists: "
        "run evalflows as an ordinary user, or set EVALFLOWS_DATABASE_URL"
    )


def _owner_of(data: Path) -> Account:
    found = data.stat()
    owner = Account(found.st_uid, found.st_gid)
    if not is_root() and owner.uid != os.geteuid():
        raise DatabaseUnusable(f"{data} belongs to user {owner.name!r}: run as that user, or set EVALFLOWS_HOME")
    return owner
