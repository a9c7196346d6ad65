"""A live run: opened or resumed under its flow-run id, held while it works, closed with its status."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from prefect.context import FlowRunContext

from settings import Settings, get_settings
from storage.database import Database, open_database
from storage.queries.runs import close_run
from storage.records import Judge, Run, RunStatus
from storage.run_lock import RunLock
from storage.writers import RunWriter
from tasks.ask import CallOptions, model_client, price_for
from tasks.errors import RunFailed, RunIsLive, RunRefused
from tasks.evaluators.base import Evaluator
from tasks.providers.catalog import make_provider
from tasks.providers.client import ModelClient
from tasks.providers.errors import JudgeStopped, UnusableJudge
from tasks.resume import open_record

SPEAK_FOR_THEMSELVES = (RunRefused, RunFailed, UnusableJudge, JudgeStopped)


@dataclass
class OpenRun:
    """What the tasks of one run share in this process; reached by `open_run_of(run_id)`, never passed to a task.

    Attributes:
        record: The run as it was opened.
        resumed: True when it was opened before and already has its snapshot.
        calls: What the user set about the calls of the judge.
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
    calls: CallOptions
    ask: ModelClient | None = None
    evaluators: dict[str, Evaluator] = field(default_factory=dict[str, Evaluator])
    done: int = 0
    total: int = 0
    message: str = ""
    taken_over: bool = False

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
async def open_run(*, app: str, judge: str, calls: CallOptions, versions: Mapping[str, str]) -> AsyncGenerator[OpenRun]:
    """Open the run of the flow run this is called in, or resume it where it exists already.

    Args:
        app: Which bot the run is about.
        judge: `rules` or `provider:model`.
        calls: Concurrency, budget, reuse of answers.
        versions: Versions of what judges; a resume under other versions is refused.

    Raises:
        RunRefused: The run is live elsewhere, was started with other settings, or cannot be paid for as asked.
        UnusableJudge: The judge cannot be used.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RunRefused("a run is opened inside a flow run only")
    run_id, settings, who = context.flow_run.id, get_settings(), Judge.parse(judge)
    provider = make_provider(who, settings)
    async with AsyncExitStack() as stack:
        if provider is not None:
            stack.push_async_callback(_shielded, provider.close)
        price = price_for(provider, calls, settings) if provider else None
        database = await open_database(settings)
        stack.push_async_callback(_shielded, database.close)
        lock = RunLock(database.engine, run_id)
        stack.push_async_callback(_shielded, lock.release)
        if not await lock.acquire():
            raise RunIsLive(f"run {run_id} is being worked on by another process")
        record, resumed = await open_record(database, context, app, who, versions, calls)
        writer = RunWriter(database, run_id, settings, reuse=calls.reuse, log_content=calls.log_content)
        run = OpenRun(record, resumed, settings, database, writer, lock, calls)
        await stack.enter_async_context(_closed_when_left(run))
        if provider is not None:
            client = model_client(record, provider, price, writer, database, settings, calls)
            run.ask = await stack.enter_async_context(client)
        OPEN_RUNS[run_id] = run
        stack.callback(OPEN_RUNS.pop, run_id, None)
        yield run


async def _shielded(give_back: Callable[[], Awaitable[None]]) -> None:
    await asyncio.shield(give_back())


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
    """What went wrong, looking into groups: the first error that is not a group; ours speak for themselves."""
    inner: BaseException = error
    while isinstance(inner, BaseExceptionGroup):
        inner = cast(BaseExceptionGroup[BaseException], inner).exceptions[0]
    return str(inner) if isinstance(inner, SPEAK_FOR_THEMSELVES) else f"{type(inner).__name__}: {inner}"
