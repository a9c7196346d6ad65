"""A live run: opened or resumed under its flow-run id, held while it works, closed with its status."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
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
from tasks.costs.estimate import Estimate
from tasks.costs.prices import Price
from tasks.errors import RunFailed, RunIsLive, RunRefused
from tasks.evaluators.base import Evaluator
from tasks.interrupts import interrupts_heard
from tasks.orphans import bear_a_broken_pipe
from tasks.providers.base import Provider
from tasks.providers.calls.ledger import Spent
from tasks.providers.catalog import make_provider
from tasks.providers.client import ModelClient
from tasks.providers.errors import JudgeStopped, UnusableJudge
from tasks.resume import open_record, spent_before, wait_for_shards_to_stop

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
        estimate: What is left to do was thought to cost; None where nothing was estimated.
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
    estimate: Estimate | None = None

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
async def open_run(
    *, app: str, judge: str, calls: CallOptions, versions: Mapping[str, str], shards: int = 0
) -> AsyncGenerator[OpenRun]:
    """Open the run of the flow run this is called in, or resume it where it exists already.

    Args:
        app: Which bot the run is about.
        judge: `rules` or `provider:model`.
        calls: Concurrency, budget, reuse of answers.
        versions: Versions of what judges; a resume under other versions is refused.
        shards: How many child runs at most do the work; 0 where it is done in this process.

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
            stack.push_async_callback(shielded, provider.close)
        price = price_for(provider, calls, settings) if provider else None
        database = await open_database(settings)
        stack.push_async_callback(shielded, database.close)
        lock = RunLock(database.engine, run_id)
        stack.push_async_callback(shielded, lock.release)
        if not await lock.acquire():
            raise RunIsLive(f"run {run_id} is being worked on by another process")
        record, resumed = await open_record(database, context, app, who, versions, calls)
        writer = RunWriter(database, run_id, settings, reuse=calls.reuse, log_content=calls.log_content)
        run = OpenRun(record, resumed, settings, database, writer, lock, calls)
        await stack.enter_async_context(_closed_when_left(run))
        if resumed:
            await wait_for_shards_to_stop(database, run_id, settings.shard_lost_seconds)
        if provider is not None:
            spent = await spent_before(database, run_id) if resumed else Spent()
            run.ask = await stack.enter_async_context(client_of(run, provider, price, spent, asks=not shards))
        stack.enter_context(reachable(run))
        yield run


def client_of(
    run: OpenRun, provider: Provider, price: Price | None, spent: Spent, *, asks: bool = True
) -> AbstractAsyncContextManager[ModelClient]:
    """The client that asks the judge of an open run; see `model_client`."""
    return model_client(
        run.record, provider, price, run.writer, run.database, run.settings, run.calls, spent, asks=asks
    )


@contextmanager
def reachable(run: OpenRun) -> Generator[None]:
    """Let the tasks of a run reach it by `open_run_of(run_id)` while the block runs, and end it well with its process.

    A SIGTERM cancels the task this is called in, and a worker that is gone is no reason to end.
    """
    working = asyncio.current_task()
    assert working is not None
    bear_a_broken_pipe()
    OPEN_RUNS[run.id] = run
    try:
        with interrupts_heard(working):
            yield
    finally:
        OPEN_RUNS.pop(run.id, None)


async def shielded(give_back: Callable[[], Awaitable[None]]) -> None:
    """Give something back to the end, also when the task is cancelled meanwhile."""
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
