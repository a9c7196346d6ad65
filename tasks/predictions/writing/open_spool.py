"""The spool a process writes: rows reach the disk here first, and are struck off once Postgres has them."""

import fcntl
import os
import platform
import threading
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from storage.records.prediction import Prediction, Variant
from tasks.predictions.writing.lines import SpoolHeader, header_line, parse_line, row_line
from tasks.predictions.writing.signing import NO_KEY

SUFFIX = ".jsonl"
REFUSED_SUFFIX = ".refused.jsonl"
"""Ends the name of a spool of rows that Postgres would not take: it is loaded when somebody asks for it only."""


class OpenSpool:
    """An append-only file of one process, job and variant, made by the first row and removed when all rows are saved.

    One thread appends, another takes rows from the front. The file is locked as long as it is open, so that another
    process knows that its writer lives; a killed writer's lock is gone with it.
    """

    def __init__(self, folder: Path, user_id: str, variant: Variant, key: str | None, *, suffix: str = SUFFIX) -> None:
        """Nothing is written yet.

        Args:
            folder: Where to; made, for its user alone, where it is missing.
            user_id: Whose job it is.
            variant: What the rows are made with.
            key: SHA-256 (hex) of the job's secret; None where the process has none.
            suffix: Of the file's name.
        """
        self._key = key or NO_KEY
        self._header = SpoolHeader(
            spool_id=uuid4().hex,
            user_id=user_id,
            variant=variant,
            host=platform.node(),
            created_at=datetime.now(UTC),
            signed=key is not None,
        )
        self.path = folder / f"{variant.job_id}.{self._header.spool_id[:12]}{suffix}"
        self._file: int | None = None
        self._lock = threading.Lock()
        self._number = 0
        self._first_end = 0  # of the header
        self._ends: deque[int] = deque()  # of each line that is not saved yet
        self._next = 0  # where the first of them begins

    def __len__(self) -> int:
        """How many rows are not saved yet."""
        return len(self._ends)

    def append(self, rows: Sequence[Prediction]) -> None:
        """Write rows; once this returns they outlive the process.

        Raises:
            OSError: The disk is full or cannot be written; the file is as it was.
        """
        with self._lock:
            file = self._opened()
            now, end = datetime.now(UTC), self._end
            lines = [
                row_line(self._number + place, row, now, self._key, self._header.spool_id)
                for place, row in enumerate(rows, 1)
            ]
            try:
                _write_all(file, b"".join(lines), end)
            except OSError:
                os.ftruncate(file, end)
                raise
            self._number += len(lines)
            for line in lines:
                end += len(line)
                self._ends.append(end)

    def sync(self) -> None:
        """Have the disk hold what was written; once this returns it outlives the host.

        Raises:
            OSError: The disk failed.
        """
        if self._file is not None:
            os.fsync(self._file)

    def first(self, limit: int) -> list[Prediction]:
        """The first rows that are not saved yet, so many at most; they stay until they are struck off."""
        with self._lock:
            if self._file is None or not self._ends:
                return []
            stop = self._ends[min(limit, len(self._ends)) - 1]
            found = os.pread(self._file, stop - self._next, self._next)
        return [Prediction.model_validate(parse_line(line).content) for line in found.splitlines()]

    def strike(self, count: int) -> None:
        """Forget the first rows: they are saved. A file without rows shrinks to its header."""
        with self._lock:
            for _ in range(count):
                self._next = self._ends.popleft()
            if not self._ends and self._file is not None:
                self._next = self._first_end
                os.ftruncate(self._file, self._first_end)

    def close(self) -> None:
        """Close the file, and remove it where no row is left in it."""
        with self._lock:
            if self._file is None:
                return
            if not self._ends:
                self.path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else self._next

    def _opened(self) -> int:
        if self._file is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                header = header_line(self._header, self._key)
                _write_all(file, header, 0)
                _sync_folder(self.path.parent)
            except OSError:
                os.close(file)
                self.path.unlink(missing_ok=True)
                raise
            self._file, self._first_end, self._next = file, len(header), len(header)
        return self._file


def _write_all(file: int, content: bytes, at: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
