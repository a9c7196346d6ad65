"""Retention: delete old runs, or erase their prompts and answers, in short steps that can be cut off anywhere."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from storage.database import Database
from storage.queries.prune import (
    ROWS_OF_A_RUN,
    AgedRun,
    RunSize,
    aged_runs,
    begin_deletion,
    count_unused_threads,
    delete_expired_leases,
    delete_rows,
    delete_run,
    delete_unused_threads,
    erase_some,
    size_of_runs,
)
from storage.run_lock import RunLock
from tasks.errors import RunRefused

ROWS_AT_ONCE = 5000
UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class PruneRequest:
    """What is to go.

    Attributes:
        before: Runs that ended earlier.
        app: Only those about this bot; None means all.
        keep_last: So many of each app, flow and suite stay, however old.
        content_only: Erase prompts and answers, leave the rest.
        threads: Delete thread contents too that no run refers to.
        dry_run: Only say what would go.
    """

    before: datetime
    app: str | None = None
    keep_last: int = 0
    content_only: bool = False
    threads: bool = False
    dry_run: bool = False


@dataclass
class Pruned:
    """What went, or would go: filled as it happens, so that it is true when the work is cut off.

    Attributes:
        runs: Each run with what it held.
        kept: Runs that were old enough, and why they stay.
        threads: Thread contents that no run refers to.
        thread_bytes: What these took.
    """

    runs: list[tuple[AgedRun, RunSize]] = field(default_factory=list[tuple[AgedRun, RunSize]])
    kept: list[AgedRun] = field(default_factory=list[AgedRun])
    threads: int = 0
    thread_bytes: int = 0


def parse_age(text: str) -> timedelta:
    """An age such as `90d`, `12w`, `36h`.

    Raises:
        RunRefused: It is none.
    """
    found = re.fullmatch(r"(\d{1,5})([hdw])", text.strip())
    if found is None:
        raise RunRefused(f"--older-than {text!r} is no age: write it as 90d, 12w or 36h")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def time_before(age: timedelta) -> datetime:
    """The time so long ago."""
    return datetime.now(UTC) - age


async def prune(database: Database, request: PruneRequest, pruned: Pruned) -> None:
    """Delete or erase what the request says; a run that another process has taken up meanwhile stays."""
    async with database.session() as session:
        aged = await aged_runs(
            session,
            request.before,
            app=request.app,
            keep_last=request.keep_last,
            content_only=request.content_only,
        )
        going = [run for run in aged if run.kept_as is None]
        sizes = await size_of_runs(session, [run.run_id for run in going], content_only=request.content_only)
    pruned.kept += [run for run in aged if run.kept_as is not None]
    for run in going:
        size = sizes[run.run_id]
        if request.content_only and not size.bytes:
            continue
        if request.dry_run or await _let_go(database, run.run_id, request.content_only):
            pruned.runs.append((run, size))
        else:
            pruned.kept.append(run.model_copy(update={"kept_as": "running"}))
    if request.threads:
        await _prune_threads(database, request, pruned)
    if not request.dry_run:
        async with database.transaction() as session:
            await delete_expired_leases(session)


async def _let_go(database: Database, run_id: UUID, content_only: bool) -> bool:
    """Delete one run, or erase its content, while holding its lock; False when a process works on it."""
    lock = RunLock(database.engine, run_id)
    try:
        if not await lock.acquire():
            return False
        return await (_erase(database, run_id) if content_only else _delete(database, run_id))
    finally:
        await lock.release()


async def _delete(database: Database, run_id: UUID) -> bool:
    async with database.transaction() as session:
        if not await begin_deletion(session, run_id):
            return False
    for table in ROWS_OF_A_RUN:
        deleted = ROWS_AT_ONCE
        while deleted:
            async with database.transaction() as session:
                deleted = await delete_rows(session, run_id, table, ROWS_AT_ONCE)
    async with database.transaction() as session:
        await delete_run(session, run_id)
    return True


async def _erase(database: Database, run_id: UUID) -> bool:
    after: str | None = ""
    while after is not None:
        async with database.transaction() as session:
            after = await erase_some(session, run_id, after, ROWS_AT_ONCE)
    return True


async def _prune_threads(database: Database, request: PruneRequest, pruned: Pruned) -> None:
    async with database.session() as session:
        found, size = await count_unused_threads(session, request.before, request.app)
    pruned.thread_bytes = size
    if request.dry_run:
        pruned.threads = found
        return
    deleted = ROWS_AT_ONCE
    while deleted:
        async with database.transaction() as session:
            deleted = await delete_unused_threads(session, request.before, request.app, ROWS_AT_ONCE)
        pruned.threads += deleted
