"""Rows of threads brought together with flat memory: an external merge sort in a temporary folder."""

import heapq
import pickle
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, cast

from tasks.sources.grouping.id_table import IdTable
from tasks.sources.shapes.pieces import Piece

RUN_BYTES = 4 << 20
ENTRY_BYTES = 200  # what an entry costs in memory besides its data
MOST_RUNS = 64
HEADER = struct.Struct("<QQI")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Entry = tuple[int, int, bytes]
Fragment = tuple[str, int, list[Piece]]


class RowSpool:
    """Takes pieces of threads in any order and gives them back thread by thread, in the order of first appearance.

    Memory: 4 MB, and what an `IdTable` takes. Pieces that follow each other in one thread are written as one.

    Args:
        folder: An empty folder for the run files; the caller removes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ordinals = IdTable()
        self._fragment: Fragment = ("", 0, [])
        self._buffer: list[Entry] = []
        self._buffered_bytes = 0
        self._written = 0
        self._levels: list[list[Path]] = [[]]  # runs of like size, so that each piece is merged a few times at most
        self._made = 0

    def add(self, thread_id: str, file: int, piece: Piece) -> None:
        """Take one piece; `file` is the number of the file it stands in."""
        if self._fragment[0] != thread_id or self._fragment[1] != file:
            self._close_fragment()
            self._fragment = (thread_id, file, [])
        self._fragment[2].append(piece)

    def groups(self) -> Iterator[list[Fragment]]:
        """The pieces of each thread, in the order they came in; call once, when all are in."""
        self._close_fragment()
        self._ordinals = IdTable()
        self._buffer.sort(key=itemgetter(0, 1))
        with ExitStack() as files:
            runs = [_read_run(files.enter_context(run.open("rb"))) for level in self._levels for run in level]
            for _, entries in groupby(heapq.merge(*runs, self._buffer), key=itemgetter(0)):
                yield [_unpack(data) for _, _, data in entries]

    def _close_fragment(self) -> None:
        thread_id, _, pieces = self._fragment
        if not pieces:
            return
        ordinal = self._ordinals.number(thread_id)
        data = _pack(self._fragment)
        self._buffer.append((ordinal, self._written, data))
        self._written += 1
        self._buffered_bytes += len(data) + ENTRY_BYTES
        self._fragment = ("", 0, [])
        if self._buffered_bytes > RUN_BYTES:
            self._write_buffer()

    def _write_buffer(self) -> None:
        self._buffer.sort(key=itemgetter(0, 1))
        self._levels[0].append(self._write(self._buffer))
        self._buffer.clear()
        self._buffered_bytes = 0
        for number, level in enumerate(self._levels):
            if len(level) >= MOST_RUNS:
                if number + 1 == len(self._levels):
                    self._levels.append([])
                self._levels[number + 1].append(self._merge(level))
                level.clear()

    def _merge(self, runs: list[Path]) -> Path:
        with ExitStack() as files:
            merged = self._write(heapq.merge(*(_read_run(files.enter_context(run.open("rb"))) for run in runs)))
        for run in runs:
            run.unlink()
        return merged

    def _write(self, entries: Iterable[Entry]) -> Path:
        self._made += 1
        path = self._folder / f"run-{self._made}"
        with path.open("wb") as file:
            for ordinal, place, data in entries:
                file.write(HEADER.pack(ordinal, place, len(data)))
                file.write(data)
        return path


def _read_run(file: BinaryIO) -> Iterator[Entry]:
    while header := file.read(HEADER.size):
        ordinal, place, size = HEADER.unpack(header)
        yield ordinal, place, file.read(size)


def _pack(fragment: Fragment) -> bytes:
    """Pickle a fragment; times become whole microseconds, which takes an eighth of the time."""
    thread_id, file, pieces = fragment
    for piece in pieces:
        for message in piece.messages:
            if "created_at" in message:
                message["created_at"] = (cast("datetime", message["created_at"]) - EPOCH) // MICROSECOND
    return pickle.dumps((thread_id, file, [tuple(piece) for piece in pieces]), pickle.HIGHEST_PROTOCOL)


def _unpack(data: bytes) -> Fragment:
    thread_id, file, packed = cast("Fragment", pickle.loads(data))  # our own temporary file
    pieces = [Piece._make(piece) for piece in packed]
    for piece in pieces:
        for message in piece.messages:
            if "created_at" in message:
                message["created_at"] = EPOCH + cast("int", message["created_at"]) * MICROSECOND
    return thread_id, file, pieces
