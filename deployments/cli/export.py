"""Write a run to a file: the HTML report, JSON lines, or a CSV table."""

import asyncio
import csv
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from uuid import UUID

import orjson

from deployments.cli.session import with_database
from settings import get_settings
from storage.database import Database, open_database
from storage.queries.evaluations import ThreadResult, list_evaluations, list_thread_results
from storage.queries.runs import find_run
from storage.queries.snapshots import list_run_threads
from storage.records import Run, ThreadEvaluation
from tasks.errors import RunRefused
from tasks.reports.html import ReportWritten, write_report
from tasks.reports.items import THREADS, items_of
from tasks.reports.summary import RunSummary
from tasks.reports.thread import ReportThread

PAGE = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_html(run_id: UUID, path: Path) -> ReportWritten:
    """Write the report of a run as one self-contained page."""
    settings = get_settings()
    with asyncio.Runner() as runner:
        database = runner.run(open_database(settings))
        try:
            run = runner.run(require_run(database, run_id))
            summary = (
                RunSummary.model_validate(run.summary).model_dump(mode="json", by_alias=True) if run.summary else {}
            )
            threads = report_threads(runner, database, run)
            return write_report(path, run, summary, threads, limit=settings.report_threads)
        finally:
            runner.run(database.close())


def write_json(run_id: UUID, path: str) -> None:
    """Write a run as JSON lines: the run first, then each thread with its evaluations."""
    with asyncio.Runner() as runner, opened(path) as file:
        database = runner.run(open_database())
        try:
            run = runner.run(require_run(database, run_id))
            file.write(orjson.dumps(run.model_dump(mode="json")).decode() + "\n")
            for thread in report_threads(runner, database, run):
                file.write(orjson.dumps(thread.model_dump(mode="json")).decode() + "\n")
        finally:
            runner.run(database.close())


def write_csv(run_id: UUID, path: str) -> None:
    """Write one row per thread: what all evaluators say of it."""

    async def write(database: Database) -> None:
        await require_run(database, run_id)
        with opened(path) as file:
            table = csv.DictWriter(file, fieldnames=list(ThreadResult.model_fields))
            table.writeheader()
            offset, total = 0, 1
            while offset < total:
                async with database.session() as session:
                    page = await list_thread_results(session, run_id, limit=PAGE, offset=offset)
                table.writerows(defused(row.model_dump(mode="json")) for row in page.items)
                offset, total = offset + PAGE, page.total

    with_database(write)


def defused(row: dict[str, object]) -> dict[str, object]:
    """The row with an apostrophe before texts that a spreadsheet would run as a formula (OWASP, CSV injection)."""
    return {
        name: f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
        for name, value in row.items()
    }


def report_threads(runner: asyncio.Runner, database: Database, run: Run) -> Iterator[ReportThread]:
    """The threads of a run with their evaluations, a page in memory at a time."""
    offset, total = 0, 1
    while offset < total:
        page, total = runner.run(read_report_page(database, run.id, offset))
        yield from page
        offset += PAGE


async def read_report_page(database: Database, run_id: UUID, offset: int) -> tuple[list[ReportThread], int]:
    """One page of threads, and how many there are in all."""
    async with database.session() as session:
        threads = await list_run_threads(session, run_id, limit=PAGE, offset=offset)
        ids = [thread.external_id for thread in threads.items]
        evaluations = await list_evaluations(session, run_id, thread_ids=ids, limit=0)
    by_thread: dict[str, list[ThreadEvaluation]] = {thread_id: [] for thread_id in ids}
    for stored in evaluations.items:
        fields = stored.model_dump(exclude={"tries"})
        by_thread[stored.thread_id].append(ThreadEvaluation.model_validate(fields))
    page = [ReportThread(thread=thread, evaluations=tuple(by_thread[thread.external_id])) for thread in threads.items]
    return page, threads.total


async def require_run(database: Database, run_id: UUID) -> Run:
    """The run, which has threads.

    Raises:
        RunRefused: There is none of this id, or its flow knows no threads.
    """
    async with database.session() as session:
        run = await find_run(session, run_id)
    if run is None:
        raise RunRefused(f"there is no run {run_id}: see 'evalflows runs list'")
    refuse_without_threads(run)
    return run


def refuse_without_threads(run: Run) -> None:
    """Let nobody look for threads where there can be none.

    Raises:
        RunRefused: The items of its flow are others.
    """
    items = items_of(run.flow).items
    if items != THREADS.items:
        raise RunRefused(f"a run of {run.flow} has {items}, not threads: see 'evalflows runs show {run.id}'")


@contextmanager
def opened(path: str) -> Generator[TextIO]:
    """The file to write; `-` is standard output. The parent folder is made."""
    if path == "-":
        yield sys.stdout
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        yield file
