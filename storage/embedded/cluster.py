"""A new data folder: made aside with its roles and database, then renamed, so that it exists only whole."""

import os
import shutil
import tempfile
from pathlib import Path

from storage.embedded.account import Account, is_root
from storage.embedded.binaries import MAJOR, run_binary
from storage.embedded.places import Place
from storage.errors import DatabaseUnusable
from storage.roles import ROLE_NAMES

DATABASE = "evalflows"
SUPERUSER = "postgres"
INITDB = (
    "--no-sync",
    "--no-instructions",
    f"--username={SUPERUSER}",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
STATEMENTS = (
    f"CREATE ROLE {ROLE_NAMES['owner']} LOGIN CREATEROLE",
    f"CREATE ROLE {ROLE_NAMES['app']} LOGIN",
    f"CREATE ROLE {ROLE_NAMES['read']} LOGIN",
    f"GRANT {ROLE_NAMES['app']}, {ROLE_NAMES['read']} TO {ROLE_NAMES['owner']} WITH ADMIN OPTION",
    f"CREATE DATABASE {DATABASE} OWNER {ROLE_NAMES['owner']}",
)
ACCESS = "local all all trust\n"


def ensure_cluster(place: Place, account: Account, binary_folder: Path, lock: int) -> None:
    """Make the data folder where there is none; called under the starting lock.

    Args:
        place: Where.
        account: Who owns the data folder.
        binary_folder: Where `initdb` is.
        lock: Descriptor of the running lock, which `initdb` inherits: it may outlive a killed starter by a moment,
            and what it still writes to is not to be cleared away.

    Raises:
        DatabaseUnusable: It cannot be made, or another major version of Postgres made the one that is there.
    """
    for left_over in place.folder.glob("new-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    if not place.data.exists():
        _make_cluster(place, account, binary_folder, lock)
    found = data_version(place)
    if found != str(MAJOR):
        raise DatabaseUnusable(
            f"{place.data} was made by Postgres {found} and this version of evalflows brings {MAJOR}: "
            "upgrade it as docs/postgres.md says, or move it away to begin anew"
        )


def data_version(place: Place) -> str:
    """The major version of Postgres that made the data folder."""
    try:
        return (place.data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise DatabaseUnusable(f"{place.data} is not a data folder of Postgres ({error.strerror})") from error


def _make_cluster(place: Place, account: Account, binary_folder: Path, lock: int) -> None:
    new = Path(tempfile.mkdtemp(prefix="new-", dir=place.folder))
    if is_root():
        os.chown(new, account.uid, account.gid)
    initdb = [binary_folder / "initdb", *INITDB, "-D", new]
    single = [binary_folder / "postgres", "--single", "-j", "-D", new, "-c", "log_min_messages=error", "postgres"]
    write_access = ["/bin/sh", "-c", 'printf %s "$1" > "$2"', "sh", ACCESS, new / "pg_hba.conf"]
    statements = "".join(f"{statement};\n\n" for statement in STATEMENTS)
    for command, stdin in ((initdb, ""), (single, statements), (write_access, "")):
        code, printed = run_binary(account, command, place.folder, stdin=stdin, inherited=[lock])
        if code != 0 or "ERROR:" in printed or "FATAL:" in printed:
            raise DatabaseUnusable(
                f"cannot make the data folder of the embedded Postgres in {place.folder}: {_reason(printed, code)}"
            )
    new.rename(place.data)


def _reason(printed: str, code: int) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() or "FATAL" in line]
    return (telling or lines or [f"exit code {code}"])[0]
