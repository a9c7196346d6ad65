"""Log files of the background processes: appended to, and rotated once they are large."""

from pathlib import Path
from typing import BinaryIO

ROTATE_BYTES = 5_000_000


def open_log(path: Path) -> BinaryIO:
    """Open a log to append to; one that has grown past 5 MB becomes `<name>.1` first."""
    if path.exists() and path.stat().st_size > ROTATE_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")
