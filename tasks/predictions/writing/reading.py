"""Reads what a spool holds, without believing it, and finds those that ended processes have left."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from tasks.errors import RunRefused
from tasks.predictions.writing.lines import HEADER, SpoolHeader, SpoolLine, parse_line
from tasks.predictions.writing.open_spool import REFUSED_SUFFIX, SUFFIX


class SpoolRefused(RunRefused):
    """A spool cannot be read or may not be believed; the message is one line that says why."""


@dataclass(frozen=True)
class SpoolFile:
    """What a spool holds.

    Attributes:
        lines: The rows by their line in the file, from 2 on.
        damaged: Lines that are not what a spool has, by number.
        truncated: Whether the last line breaks off, as where its writer was killed; that line is left out.
    """

    path: Path
    header: SpoolHeader
    header_line: SpoolLine
    lines: dict[int, SpoolLine]
    damaged: tuple[int, ...]
    truncated: bool


def read_spool(path: Path) -> SpoolFile:
    """Read a spool without believing it.

    Raises:
        SpoolRefused: It cannot be read, or has no header.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpoolRefused(f"cannot read {path}: {error.strerror or error}") from None
    *whole, rest = content.split(b"\n")
    found = {number: _line(text) for number, text in enumerate(whole, 1)}
    first = found.pop(1, None)
    try:
        header = SpoolHeader.model_validate(first.content if first is not None and first.n == HEADER else None)
    except ValidationError:
        raise SpoolRefused(f"{path} is not a spool of predictions: its first line is no header") from None
    assert first is not None
    damaged = tuple(number for number, line in found.items() if line is None)
    lines = {number: line for number, line in found.items() if line is not None}
    return SpoolFile(path, header, first, lines, damaged, truncated=bool(rest))


def left_spools(folder: Path, job_id: UUID) -> list[Path]:
    """The spools of a job, oldest first, whose writers are gone; rows that Postgres refused are not among them."""
    found = [path for path in folder.glob(f"{job_id}.*{SUFFIX}") if not path.name.endswith(REFUSED_SUFFIX)]
    return sorted((path for path in found if path.exists()), key=lambda path: path.stat().st_mtime)


@contextmanager
def taken(path: Path) -> Generator[bool]:
    """Keep other processes from a spool in this block. False: its writer lives, or another process has it."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:  # another process has just loaded it
        yield False
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(file)


def _line(text: bytes) -> SpoolLine | None:
    try:
        return parse_line(text)
    except ValueError:
        return None
