"""The load task: stream the source into Postgres and pin the run's snapshot, in one transaction."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from typing import Any, cast
from uuid import UUID

from prefect import task
from prefect.blocks.system import Secret
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.fresh import only_fresh
from storage.queries.runs import pin_snapshot
from storage.queries.share import with_share
from storage.queries.snapshots import SnapshotHash, pin_stored_threads, save_threads
from storage.queries.threads import current_threads
from storage.records import Record, Snapshot, Thread
from storage.sql_source import stream_rows
from tasks.errors import RunRefused
from tasks.fresh import settling_of, without_settled
from tasks.retries import is_infrastructure_failure
from tasks.run import OpenRun, open_run_of
from tasks.sources.base import LoadReport, Selection
from tasks.sources.columns import Columns
from tasks.sources.errors import SourceError, Unfit
from tasks.sources.grouping.share import share_key, take_share
from tasks.sources.read import hash_files, read_threads, threads_from_rows
from tasks.sources.shapes.times import TimeReader

CHUNK = 500
EXAMPLES = 5


class SourceRequest(Record):
    """What to evaluate, as the user asked for it.

    Attributes:
        source: File, folder, glob, `sql:NAME` or `stored`.
        query: The SQL query of a `sql:` source; empty otherwise.
        columns: `role=column,...`; empty means recognised by themselves.
        selection: Which of the threads.
        sample_rate: Share of those, above 0, at most 1, drawn by a hash of their ids before the limit is applied.
        strict: True stops at the first bad row.
        fresh: Leave out what is evaluated already. A sample and a share are drawn before that, so that each night draws
            the same; the limit counts what is left, so that a backlog is worked off.
        repeats: How often a thread must have been judged to be evaluated; read where `fresh` is set.
    """

    source: str
    query: str = ""
    columns: str = ""
    selection: Selection = Selection()
    sample_rate: float = Field(default=1.0, gt=0, le=1)
    strict: bool = False
    fresh: bool = False
    repeats: int = 1


@task(
    name="load-threads",
    retries=2,
    retry_delay_seconds=[2, 10],
    retry_condition_fn=is_infrastructure_failure,
    cache_policy=NO_CACHE,
)
async def load_threads(run_id: UUID, request: SourceRequest) -> Snapshot:
    """Pin the run's threads, or check on a resume that the input is still what it was.

    Raises:
        SourceError: The input is unusable, or holds no thread; nothing of it is kept.
        RunRefused: The input of a resumed run has changed.
    """
    run = open_run_of(run_id)
    if run.record.snapshot is not None:
        await asyncio.to_thread(refuse_changed_files, run.record.snapshot, request.source)
        return run.record.snapshot
    report = LoadReport()
    async with run.database.transaction() as session:
        pinned = await _pin(session, run, request, report)
        if not pinned.threads and (report.bad_rows or not request.fresh):
            raise SourceError(f"{request.source}: no thread to evaluate{_bad_rows_seen(report)}")
        snapshot = Snapshot(
            source=request.source,
            files=report.files,
            threads=pinned.threads,
            messages=pinned.messages,
            duplicate_ids=report.duplicate_ids,
            bad_rows=report.bad_rows,
            bad_row_examples=tuple(str(row) for row in report.first_bad_rows[:EXAMPLES]),
            hash=pinned.hexdigest(),
        )
        await pin_snapshot(session, run_id, snapshot)
    run.message = ""
    _log_what_was_odd(snapshot)
    return snapshot


async def _pin(session: AsyncSession, run: OpenRun, request: SourceRequest, report: LoadReport) -> SnapshotHash:
    chosen, app = request.selection, run.record.app
    if request.source == "stored":
        query = current_threads(
            app, since=chosen.since, thread_ids=chosen.thread_ids, sample=chosen.sample, seed=chosen.seed
        )
        if below := share_key(request.sample_rate):
            query = with_share(query, chosen.seed, below)
        if request.fresh:
            query = only_fresh(query, settling_of(run, request.repeats))
        return await pin_stored_threads(session, run.id, query, chosen.limit)
    pinned = SnapshotHash()
    async for chunk in await _wanted_chunks(session, run, request, report):
        await save_threads(session, app, chunk, run_id=run.id, first_position=pinned.threads)
        for thread in chunk:
            pinned.add(thread.external_id, thread.content_hash, len(thread.messages))
        run.message = f"loading: {pinned.threads} threads"
    return pinned


async def _wanted_chunks(
    session: AsyncSession, run: OpenRun, request: SourceRequest, report: LoadReport
) -> AsyncIterator[Sequence[Thread]]:
    if not request.fresh:
        return chunks(await open_threads(request, report))
    selection = request.selection.model_copy(update={"limit": 0})
    threads = await open_threads(request.model_copy(update={"selection": selection}), report)
    return without_settled(session, chunks(threads), settling_of(run, request.repeats), request.selection.limit)


async def open_threads(request: SourceRequest, report: LoadReport) -> Iterator[Thread]:
    """The threads of a file, folder, glob or SQL query; nothing is read before the first is asked for."""
    if request.sample_rate == 1:
        return await _open(request, request.selection, report)
    chosen = request.selection
    threads = take_share(
        await _open(request, chosen.model_copy(update={"limit": 0}), report), request.sample_rate, chosen.seed
    )
    return islice(threads, chosen.limit) if chosen.limit else threads


async def _open(request: SourceRequest, selection: Selection, report: LoadReport) -> Iterator[Thread]:
    columns = Columns.parse(request.columns) if request.columns else None
    if not request.source.startswith("sql:"):
        return read_threads(request.source, columns=columns, selection=selection, strict=request.strict, report=report)
    rows = stream_rows(await find_database_url(request.source.removeprefix("sql:")), request.query)
    return threads_from_rows(
        rows, request.source, columns=columns, selection=selection, strict=request.strict, report=report
    )


async def find_database_url(name: str) -> str:
    """The URL that an environment variable, or a Secret block of Prefect, of this name holds.

    Raises:
        SourceError: It is a URL itself, or there is neither variable nor block.
    """
    if ":" in name or "/" in name:
        raise SourceError("sql: takes a name, not a URL: put the URL into an environment variable and write sql:NAME")
    if name in os.environ:
        return os.environ[name]
    try:
        block = cast(Any, await Secret.aload(name))
    except ValueError as error:
        raise SourceError(f"sql:{name}: there is no environment variable and no Secret block {name!r}") from error
    return str(block.get())


async def chunks(threads: Iterator[Thread]) -> AsyncIterator[Sequence[Thread]]:
    """Read threads a few hundred at a time, off the event loop."""
    while chunk := await asyncio.to_thread(lambda: list(islice(threads, CHUNK))):
        yield chunk


def refuse_changed_files(snapshot: Snapshot, source: str) -> None:
    """Stop a resume whose files are not what they were; a file that is gone does not matter, its content is pinned."""
    if not snapshot.files:
        return
    try:
        now = hash_files(source)
    except SourceError:
        return
    for path in sorted({*snapshot.files, *now}):
        if path in now and snapshot.files.get(path) != now[path]:
            what = "has changed" if path in snapshot.files else "is new"
            raise RunRefused(f"{path} {what} since the run was started: start a new run, or put the file back")


def parse_selection(
    thread_ids: Sequence[str], *, limit: int = 0, sample: int = 0, seed: int = 0, since: str = ""
) -> Selection:
    """Which threads the user wants; `since` is a date or time, UTC where it names no zone.

    Raises:
        RunRefused: `since` is no time.
    """
    try:
        time = TimeReader("since").read(since) if since else None
    except Unfit as error:
        raise RunRefused(f"--since {since!r} is not a date or time: write 2026-03-01 or 2026-03-01T12:00Z") from error
    return Selection(thread_ids=tuple(thread_ids), limit=limit, sample=sample, seed=seed, since=time)


def _bad_rows_seen(report: LoadReport) -> str:
    return f" ({report.bad_rows} bad rows; the first: {report.first_bad_rows[0]})" if report.bad_rows else ""


def _log_what_was_odd(snapshot: Snapshot) -> None:
    logger = get_run_logger()
    if snapshot.bad_rows:
        logger.warning("%d bad rows left out", snapshot.bad_rows)
        for example in snapshot.bad_row_examples:
            logger.warning("%s", example)
    if snapshot.duplicate_ids:
        logger.warning("%d thread ids repeated and were made unique", snapshot.duplicate_ids)
