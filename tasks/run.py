"""A live run: opened or resumed under its flow-run id, held while it works, closed with its status."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from prefect.context import FlowRunContext

from settings import Settings, get_settings
from storage.database import Database, open_database
from storage.queries.runs import close_run, create_run, find_run, reopen_run
from storage.records import Judge, Run, RunStatus
from storage.run_lock import RunLock
from storage.writers import RunWriter
from tasks.errors import RunIsLive, RunRefused
from tasks.evaluators.base import Evaluator
from tasks.providers.base import Provider
from tasks.providers.catalog import make_provider
from tasks.providers.client import ModelClient

MAY_CHANGE = frozenset({"concurrency"})


@dataclass
class OpenRun:
    """What the tasks of one run share in this process; reached by `open_run_of(run_id)`, never passed to a task.

    Attributes:
        record: The run as it was opened.
        resumed: True when it was opened before and already has its snapshot.
        ask: The judge; None for `rules`.
        evaluators: By name; filled once the snapshot is loaded.
        done: Units (one evaluator on one thread) settled.
        total: Units in all; 0 until the snapshot is loaded.
        message: What it is doing, in a few words.
        taken_over: True when its lock was lost and another process has it: the row is that one's now.
    """

    record: Run
    resumed: bool
    settings: Settings
    database: Database
    writer: RunWriter
    lock: RunLock
    ask: ModelClient | None
    evaluators: dict[str, Evaluator] = field(default_factory=dict[str, Evaluator])
    done: int = 0
    total: int = 0
    message: str = ""
    taken_over: bool = False
    batches_begun: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])

    def count_found_settled(self, evaluator: str, start: int, settled: int) -> None:
        """Count what a batch found settled by an earlier try of the run, once."""
        if (evaluator, start) not in self.batches_begun:
            self.batches_begun.add((evaluator, start))
            self.done += settled

    @property
    def id(self) -> UUID:
        """The run's id, which is the flow-run id."""
        return self.record.id

    @property
    def judge(self) -> Judge:
        """Who judges."""
        return Judge(provider=self.record.judge_provider, model=self.record.judge_model)


OPEN_RUNS: dict[UUID, OpenRun] = {}


def open_run_of(run_id: UUID) -> OpenRun:
    """The run of this id that is open in this process."""
    return OPEN_RUNS[run_id]


@asynccontextmanager
async def open_run(*, app: str, judge: str, concurrency: int, versions: Mapping[str, str]) -> AsyncGenerator[OpenRun]:
    """Open the run of the flow run this is called in, or resume it where it exists already.

    Args:
        app: Which bot the run is about.
        judge: `rules` or `provider:model`.
        concurrency: Most model calls on the wire.
        versions: Versions of what judges; a resume under other versions is refused.

    Raises:
        RunRefused: The run is live elsewhere, or was started with other settings.
        UnusableJudge: The judge cannot be used.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RunRefused("a run is opened inside a flow run only")
    settings = get_settings()
    who = Judge.parse(judge)
    provider = make_provider(who, settings)
    database = await open_database(settings)
    lock = RunLock(database.engine, context.flow_run.id)
    try:
        if not await lock.acquire():
            raise RunIsLive(f"run {context.flow_run.id} is being worked on by another process")
        record, resumed = await _open_record(database, context, app, who, versions)
        writer = RunWriter(database, record.id, settings)
        ask = ModelClient(record.id, provider, writer, settings, concurrency) if provider else None
        run = OpenRun(record, resumed, settings, database, writer, lock, ask)
        OPEN_RUNS[run.id] = run
        async with _closed_when_left(run):
            yield run
    finally:
        OPEN_RUNS.pop(context.flow_run.id, None)
        await asyncio.shield(_give_back(lock, provider, database))


async def _give_back(lock: RunLock, provider: Provider | None, database: Database) -> None:
    await lock.release()
    if provider:
        await provider.close()
    await database.close()


@asynccontextmanager
async def _closed_when_left(run: OpenRun) -> AsyncGenerator[None]:
    """Write the ending of a run that does not end well; `publish_summary` writes the good ones."""
    try:
        yield
    except asyncio.CancelledError:
        await asyncio.shield(_end(run, "cancelled", "cancelled"))
        raise
    except Exception as error:
        await _end(run, "failed", describe(error))
        raise


async def _end(run: OpenRun, status: RunStatus, why: str) -> None:
    await run.writer.drain()
    if run.taken_over:
        return
    async with run.database.transaction() as session:
        await close_run(session, run.id, status, error_message=why)


def describe(error: BaseException) -> str:
    """What went wrong, looking into groups: the first error that is not a group."""
    inner: BaseException = error
    while isinstance(inner, BaseExceptionGroup):
        inner = cast(BaseExceptionGroup[BaseException], inner).exceptions[0]
    return f"{type(inner).__name__}: {inner}"


async def _open_record(
    database: Database, context: FlowRunContext, app: str, judge: Judge, versions: Mapping[str, str]
) -> tuple[Run, bool]:
    assert context.flow_run is not None
    params = {name: value for name, value in (context.parameters or {}).items()}
    async with database.transaction() as session:
        known = await find_run(session, context.flow_run.id)
        if known is None:
            record = await create_run(
                session,
                context.flow_run.id,
                flow=context.flow.name if context.flow else "",
                app=app,
                name=context.flow_run.name,
                judge=judge,
                params=params,
                versions=versions,
            )
            return record, False
        refuse_changes(known, params, versions)
        await reopen_run(session, known.id)
    return known, known.snapshot is not None


def refuse_changes(known: Run, params: Mapping[str, Any], versions: Mapping[str, str]) -> None:
    """Stop a resume whose settings or versions are not those the run was started with.

    Raises:
        RunRefused: Says what changed, from what to what.
    """
    for what, before, now in (("setting", known.params, params), ("version of", known.versions, versions)):
        for name in sorted({*before, *now} - MAY_CHANGE):
            if before.get(name) != now.get(name):
                raise RunRefused(
                    f"run {known.id} cannot be resumed: {what} {name!r} was {before.get(name)!r} "
                    f"and is now {now.get(name)!r}; start a new run"
                )
