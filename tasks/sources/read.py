"""Read conversation threads from files, or from the rows of a query: streamed, in order, with flat memory."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

from storage.records import Thread
from tasks.sources.base import LoadReport, Selection
from tasks.sources.columns import Columns
from tasks.sources.errors import SourceError
from tasks.sources.formats.characters import replace_within
from tasks.sources.formats.encodings import hash_file
from tasks.sources.formats.files import find_files
from tasks.sources.grouping.grouped import gather_threads
from tasks.sources.grouping.row_spool import RowSpool
from tasks.sources.grouping.selection import select_threads
from tasks.sources.grouping.unique_ids import make_ids_unique
from tasks.sources.intake import Intake, Row
from tasks.sources.opened import Opened, nothing_usable, open_file, open_query
from tasks.sources.shapes.pieces import Piece, ThreadFields, build_thread, join_messages, put_in_order
from tasks.sources.shapes.records_of_threads import RecordReader
from tasks.sources.shapes.rows import RowReader

LONGEST_THREAD = 20_000
Pieces = Iterator[tuple[Row, str | None, Piece]]


def read_threads(
    source: str,
    *,
    columns: Columns | None = None,
    selection: Selection | None = None,
    strict: bool = False,
    report: LoadReport,
) -> Iterator[Thread]:
    """Read the threads of a file, folder or glob.

    Args:
        source: Path of a CSV, TSV, JSON, JSONL or Parquet file, a folder of such files, or a glob.
        columns: What columns mean, where it is not to be recognised.
        selection: Which threads to take; all of them by default.
        strict: Stop at the first bad row.
        report: Filled while threads are read, complete when they are exhausted.

    Raises:
        SourceError: The source cannot be used, or has a bad row and `strict` is set.
    """
    files = find_files(source)
    intake = Intake(report, columns or Columns(), strict)
    report.files.update({file.path: hash_file(file.path) for file in files})
    opened = (open_file(file, intake) for file in files)
    yield from _read(opened, selection or Selection(), intake)


def threads_from_rows(
    rows: Iterable[Mapping[str, object]],
    name: str,
    *,
    columns: Columns | None = None,
    selection: Selection | None = None,
    strict: bool = False,
    report: LoadReport,
) -> Iterator[Thread]:
    """Read threads from the rows of a query, recognised as those of a file are.

    Args:
        rows: Values by column name; times, decimals, lists and mappings may stand as they are.
        name: Of the query, for reports and for the ids of threads without one.
        columns: What columns mean, where it is not to be recognised.
        selection: Which threads to take; all of them by default.
        strict: Stop at the first bad row.
        report: Filled while threads are read.

    Raises:
        SourceError: The rows cannot be used, or one is bad and `strict` is set.
    """
    intake = Intake(report, columns or Columns(), strict)
    numbered = (
        Row(number, number, {key: replace_within(value, intake.count_replaced) for key, value in row.items()})
        for number, row in enumerate(rows, start=1)
    )
    yield from _read((open_query(numbered, name, intake) for _ in (1,)), selection or Selection(), intake)


def hash_files(source: str) -> dict[str, str]:
    """SHA-256 (hex) of each file of a source, by path: the same as `LoadReport.files` as long as nothing changed.

    Raises:
        SourceError: There is no such file.
    """
    return {file.path: hash_file(file.path) for file in find_files(source)}


def _read(files: Iterable[Opened], selection: Selection, intake: Intake) -> Iterator[Thread]:
    with tempfile.TemporaryDirectory(prefix="evalflows-rows-") as folder:
        threads = make_ids_unique(_threads_of_files(files, intake, Path(folder)), intake.report)
        for fields in select_threads(threads, selection, intake.report):
            thread = Thread.model_validate(fields)
            intake.report.threads += 1
            intake.report.messages += len(thread.messages)
            yield thread


def _threads_of_files(files: Iterable[Opened], intake: Intake, folder: Path) -> Iterator[ThreadFields]:
    """The threads file by file; files of rows with thread ids that follow each other are read together."""
    for together, group in groupby(enumerate(files), key=lambda numbered: numbered[1].layout.groups_rows):
        if not together:
            for _, file in group:
                yield from _threads_of_file(file, intake)
            continue
        spool = RowSpool(Path(tempfile.mkdtemp(dir=folder)))
        for number, file in group:
            _spool_rows(file, number, spool, intake)
        yield from gather_threads(spool, intake.report)


def _spool_rows(file: Opened, number: int, spool: RowSpool, intake: Intake) -> None:
    bad_before, used = intake.report.bad_rows, False
    for _, thread_id, piece in RowReader(file.path, file.layout, intake).pieces(file.rows):
        spool.add(thread_id or "", number, piece)
        used = True
    if not used:
        raise SourceError(nothing_usable(file.path, intake, intake.report.bad_rows - bad_before))


def _threads_of_file(file: Opened, intake: Intake) -> Iterator[ThreadFields]:
    """The threads of a file of records, of a file that is one thread, and of one whose rows are threads."""
    bad_before, used = intake.report.bad_rows, False
    if file.layout.shape == "threads":
        threads = RecordReader(file.path, file.name, file.layout, intake).threads(file.rows)
    else:
        pieces = RowReader(file.path, file.layout, intake).pieces(file.rows)
        threads = _one_thread(file, pieces) if file.layout.shape == "messages" else _thread_by_row(file, pieces)
    for thread in threads:
        used = True
        yield thread
    if not used:
        raise SourceError(nothing_usable(file.path, intake, intake.report.bad_rows - bad_before))


def _thread_by_row(file: Opened, pieces: Pieces) -> Iterator[ThreadFields]:
    for row, thread_id, piece in pieces:
        yield build_thread(thread_id or f"{file.name}:{row.number}", piece.messages, piece.thread)


def _one_thread(file: Opened, pieces: Pieces) -> Iterator[ThreadFields]:
    kept: list[Piece] = []
    for row, _, piece in pieces:
        kept.append(piece)
        if len(kept) > LONGEST_THREAD:
            problem = f"no column is known as thread id, and {LONGEST_THREAD:,} rows are no one thread; name the column"
            raise SourceError(f"{file.path}:{row.line}: {problem}, --columns thread_id=COLUMN")
    if kept:
        yield build_thread(file.name, join_messages(put_in_order(kept)), kept[0].thread)
