"""A shard of a run, worked on in this process: opened under the run of its parent, left when it is no longer ours."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from prefect.logging import get_run_logger

from settings import get_settings
from storage.database import Database, open_database
from storage.errors import DatabaseUnavailable
from storage.patience import with_patience
from storage.queries.runs import find_run
from storage.queries.shards import Shard, ShardStatus, list_shards, report_shard, shard_lock
from storage.records import Judge, Run
from storage.run_lock import RunLock
from storage.writers import RunWriter
from tasks.ask import CallOptions, price_for
from tasks.errors import RunRefused
from tasks.providers.calls.ledger import Spent
from tasks.providers.catalog import make_provider
from tasks.retries import ending_in
from tasks.run import OpenRun, client_of, describe, reachable, shielded

ASSIGNED_SECONDS = 30
"""A child may begin before its parent has written down that the shard is its."""

LOOK_AGAIN_SECONDS = 0.5


class NotOurs(Exception):
    """The shard was given to another child, or the run has ended or is to be cancelled."""


@dataclass
class OpenShard:
    """A shard this process works on.

    Attributes:
        run: The run of the parent, with the judge and the limits of this process.
        shard: The shard as it was taken.
        flow_run_id: The child run this is.
    """

    run: OpenRun
    shard: Shard
    flow_run_id: UUID

    @property
    def positions(self) -> range:
        """The positions of the run it covers."""
        return range(self.shard.start, self.shard.stop)

    async def report(
        self, status: ShardStatus = "running", error: str | None = None, *, ends_run: bool = False
    ) -> bool:
        """Write down how far it is; False when it is no longer ours."""
        run = self.run

        async def report() -> bool:
            async with run.database.transaction() as session:
                return await report_shard(
                    session,
                    run.id,
                    self.shard.shard,
                    self.flow_run_id,
                    status=status,
                    done=run.done,
                    total=run.total,
                    error=error,
                    ends_run=ends_run,
                )

        return await with_patience(report, run.settings.database_patience_seconds)


@asynccontextmanager
async def open_shard(run_id: UUID, shard: int, flow_run_id: UUID, folder: Path) -> AsyncGenerator[OpenShard]:
    """Take a shard of a run.

    Args:
        run_id: The run of the parent.
        shard: Its number.
        flow_run_id: The child run this is.
        folder: Where files named by a relative path lie.

    Raises:
        NotOurs: It is not given to this child.
        RunRefused: There is no such run, or the shard is still being worked on by another child.
        UnusableJudge: The judge cannot be used here.
    """
    settings = get_settings()
    async with AsyncExitStack() as stack:
        database = await open_database(settings)
        stack.push_async_callback(shielded, database.close)
        record = await _find_parent(database, run_id)
        taken = await _wait_until_given(database, run_id, shard, flow_run_id)
        lock = RunLock(database.engine, shard_lock(run_id, shard))
        stack.push_async_callback(shielded, lock.release)
        calls = call_options_of(record)
        writer = RunWriter(database, run_id, settings, reuse=calls.reuse, log_content=calls.log_content)
        opened = OpenShard(OpenRun(record, True, settings, database, writer, lock, calls), taken, flow_run_id)
        await stack.enter_async_context(_closed_when_left(opened))
        await _wait_for_lock(opened)
        if (provider := make_provider(judge_at(record, folder), settings)) is not None:
            stack.push_async_callback(shielded, provider.close)
            client = client_of(opened.run, provider, price_for(provider, calls, settings), Spent())
            opened.run.ask = await stack.enter_async_context(client)
        stack.enter_context(reachable(opened.run))
        yield opened


async def keep_at(shard: OpenShard, work: Awaitable[None]) -> None:
    """Do the work of a shard, and write its progress down every EVALFLOWS_PROGRESS_SECONDS.

    Raises:
        NotOurs: It is no longer ours; the work was cut off.
    """
    working = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({working}, timeout=shard.run.settings.progress_seconds))[0]:
            try:
                ours = await shard.run.lock.keep() and await shard.report()
            except DatabaseUnavailable as error:
                get_run_logger().warning("progress not written: %s", error)
                continue
            if not ours:
                raise NotOurs
        await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def call_options_of(record: Run) -> CallOptions:
    """What the user set about the calls of a run."""
    return CallOptions.model_validate({name: record.params[name] for name in CallOptions.model_fields})


def judge_at(record: Run, folder: Path) -> Judge:
    """Who judges a run; a file or folder that names the judge is looked for where the run was started."""
    judge = Judge(provider=record.judge_provider, model=record.judge_model)
    if judge.provider in ("scripted", "local") and judge.model and (folder / judge.model).exists():
        return judge.model_copy(update={"model": str(folder / judge.model)})
    return judge


async def _find_parent(database: Database, run_id: UUID) -> Run:
    async with database.session() as session:
        record = await find_run(session, run_id)
    if record is None:
        raise RunRefused(f"there is no run {run_id} in the database of this worker: see EVALFLOWS_DATABASE_URL")
    return record


async def _wait_until_given(database: Database, run_id: UUID, shard: int, flow_run_id: UUID) -> Shard:
    deadline = time.monotonic() + ASSIGNED_SECONDS
    while True:
        async with database.transaction() as session:
            ours = await report_shard(session, run_id, shard, flow_run_id)
            found = await list_shards(session, run_id, shard)
        if ours:
            return found[0]
        to_be_assigned = bool(found) and found[0].flow_run_id is None and found[0].status == "waiting"
        if not to_be_assigned or time.monotonic() > deadline:
            raise NotOurs
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _wait_for_lock(shard: OpenShard) -> None:
    """Wait for the child that had the shard before to notice and stop."""
    patience_seconds = shard.run.settings.shard_lost_seconds
    deadline = time.monotonic() + patience_seconds
    while not await shard.run.lock.acquire():
        if time.monotonic() > deadline:
            raise RunRefused(f"another child run still works on the shard after {patience_seconds:g} seconds")
        if not await shard.report():
            raise NotOurs
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


@asynccontextmanager
async def _closed_when_left(shard: OpenShard) -> AsyncGenerator[None]:
    """Write down how the shard ended."""
    try:
        yield
        await shard.run.writer.drain()
        if not await shard.report("completed"):
            raise NotOurs
    except NotOurs:
        await shard.run.writer.drain()
        raise
    except asyncio.CancelledError:
        await asyncio.shield(_end(shard, "lost", "its process was told to stop"))
        raise
    except Exception as error:
        ending = ending_in(error)
        why = f"{type(ending).__name__}: {ending}" if ending else describe(error)
        await _end(shard, "failed", why, ends_run=ending is not None)
        raise


async def _end(shard: OpenShard, status: ShardStatus, why: str, *, ends_run: bool = False) -> None:
    await shard.run.writer.drain()
    await shard.report(status, why, ends_run=ends_run)


Evaluate = Callable[[OpenRun, range, Path], Awaitable[None]]
"""Evaluates a range of positions of an open run; relative paths in its parameters start at the folder."""
