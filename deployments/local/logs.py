"""Log files of the background processes: appended to, rotated once they are large, asked for the reason of an end."""

import re
from pathlib import Path
from typing import BinaryIO

ROTATE_BYTES = 5_000_000
ERROR_LINE = re.compile(r"^[\w.]+(?:Error|Exception|NotFound): .*", re.MULTILINE)


def open_log(path: Path) -> BinaryIO:
    """Open a log to append to; one that has grown past 5 MB becomes `<name>.1` first."""
    if path.exists() and path.stat().st_size > ROTATE_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def last_error(text: str) -> str | None:
    """The last line that names an exception, which is how a traceback ends; None when there is none."""
    found = ERROR_LINE.findall(text)
    return found[-1] if found else None
