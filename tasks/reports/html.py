"""Write the HTML report of a run: one self-contained file, the worst threads first."""

import tempfile
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from pydantic import JsonValue

from storage.records import Record, Run
from tasks.reports.encoding import script_json
from tasks.reports.page import make_page
from tasks.reports.repeats import reducer_of
from tasks.reports.thread import ReportThread
from tasks.reports.view import run_view
from tasks.reports.worst_first import Kept, keep_worst, read_spans

LARGEST_DATA_BYTES = 128 * 1024 * 1024
"""Threads beyond this much JSON are left out, and the page says so: a browser opens what is below it."""


class ReportWritten(Record):
    """A report on disk.

    Attributes:
        path: The file.
        shown: Threads in it, the worst of all.
        total: Threads there were.
    """

    path: Path
    shown: int
    total: int


def write_report(
    path: Path, run: Run, summary: Mapping[str, JsonValue], threads: Iterable[ReportThread], *, limit: int
) -> ReportWritten:
    """Write the report of a run; a file already there is replaced when the new one is complete.

    Args:
        path: The file to write; missing folders are made.
        run: The run.
        summary: `eval_runs.summary`.
        threads: The run's threads, any number of them; taken one by one, never held together.
        limit: Most threads shown, the worst of all; 0 shows all.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=path.parent) as spool:
        kept = keep_worst(threads, limit, LARGEST_DATA_BYTES, spool, reducer_of(run))
        with _replacing(path) as file:
            _write_page(file, run, summary, kept, spool)
    return ReportWritten(path=path, shown=len(kept.spans), total=kept.total)


def _write_page(file: BinaryIO, run: Run, summary: Mapping[str, JsonValue], kept: Kept, spool: BinaryIO) -> None:
    page = make_page(f"{run.flow} - {run.app} - evalflows report")
    file.write(page.head)
    facts = script_json({"run": run_view(run), "summary": dict(summary), "total": kept.total})
    file.write(facts.removesuffix(b"}") + b',"threads":[')
    for number, encoded in enumerate(read_spans(kept.spans, spool)):
        file.write(b",\n" + encoded if number else encoded)
    file.write(b"]}" + page.tail)


@contextmanager
def _replacing(path: Path) -> Generator[BinaryIO]:
    """A file beside the path that takes its place when all went well, and is gone when not."""
    beside = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with beside.open("xb") as file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
