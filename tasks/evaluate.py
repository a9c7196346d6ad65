"""The evaluate task: one evaluator on one batch of threads, each result a row as soon as it is there."""

import asyncio
import gc
import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from storage.queries.evaluations import MissingThread, missing_threads
from storage.queries.threads import StoredThread, read_threads
from storage.records import Record, ThreadEvaluation
from tasks.evaluators.base import Evaluator, Outcome
from tasks.providers.errors import ModelError
from tasks.retries import is_infrastructure_failure
from tasks.run import OpenRun, open_run_of

SMALLEST_BATCH = 25
MOST_BATCHES = 2000


class BatchCount(Record):
    """What one batch did: threads it found missing and settled, and how many of them are scored."""

    settled: int
    scored: int


@dataclass(frozen=True)
class Batch:
    """One evaluator on the threads at positions `start` up to `stop` (not included)."""

    evaluator: str
    start: int
    stop: int


def plan_batches(evaluators: Sequence[str], threads: int) -> Iterator[Batch]:
    """Cut a run into batches: few enough for Prefect (about 2,000), large enough to cost nothing (25 or more)."""
    size = max(SMALLEST_BATCH, math.ceil(threads * len(evaluators) / MOST_BATCHES))
    for start in range(0, threads, size):
        for evaluator in evaluators:
            yield Batch(evaluator, start, min(start + size, threads))


async def gather_batches(run: OpenRun, threads: int, concurrency: int) -> None:
    """Run all batches in this event loop, as few at once as keep every place at the judge busy."""
    names = list(run.evaluators)
    batches = plan_batches(names, threads)
    run.total = threads * len(names)
    open_at_once = 2 + math.ceil(2 * concurrency / SMALLEST_BATCH)

    async def work() -> None:
        for batch in batches:
            await evaluate_batch(run.id, batch.evaluator, batch.start, batch.stop)

    with kept_from_collector():
        async with asyncio.TaskGroup() as group:
            for _ in range(open_at_once):
                group.create_task(work())


@contextmanager
def kept_from_collector() -> Generator[None]:
    """Leave what is loaded by now out of garbage collection: going through all of it stops the loop for 0.2 s."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@task(
    name="evaluate-batch",
    task_run_name="{evaluator} {start}-{stop}",
    retries=3,
    retry_delay_seconds=[5, 20, 60],
    retry_condition_fn=is_infrastructure_failure,
    cache_policy=NO_CACHE,
)
async def evaluate_batch(run_id: UUID, evaluator: str, start: int, stop: int) -> BatchCount:
    """Evaluate what this batch still lacks; a retry or a resume redoes only what is missing."""
    run = open_run_of(run_id)
    async with run.database.session() as session:
        missing = await missing_threads(session, run_id, evaluator, start, stop)
        threads = await read_threads(session, [item.thread_row for item in missing])
    run.count_found_settled(evaluator, start, stop - start - len(missing))
    # not a TaskGroup: one thread whose row cannot be written must not cut off calls that are on the wire
    outcomes = await asyncio.gather(
        *(evaluate_and_store(run, evaluator, item, threads[item.thread_row]) for item in missing),
        return_exceptions=True,
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(missing)} threads could not be settled", failures)
    return BatchCount(settled=len(missing), scored=sum(outcome is True for outcome in outcomes))


async def evaluate_and_store(run: OpenRun, name: str, item: MissingThread, stored: StoredThread) -> bool:
    """Judge one thread and commit its row; returns whether it is scored."""
    evaluator = run.evaluators[name]
    outcome = await judge_thread(run, evaluator, stored)
    await run.writer.save(
        ThreadEvaluation(
            run_id=run.id,
            thread_id=item.thread_id,
            evaluator=name,
            evaluator_version=run.record.versions[name],
            judge=str(run.judge),
            content_hash=stored.content_hash,
            verdict=outcome.verdict,
            score=outcome.score,
            reason=outcome.reason,
            detail=outcome.detail,
            result=dict(outcome.result),
            created_at=datetime.now(UTC),
        )
    )
    run.done += 1
    return outcome.reason is None


async def judge_thread(run: OpenRun, evaluator: Evaluator, stored: StoredThread) -> Outcome:
    """What the evaluator says; a judge that gives no usable answer leaves the thread unscored with its reason."""
    if run.ask is None:
        return await asyncio.to_thread(evaluator.judge_by_rules, stored.thread)
    try:
        return await evaluator.judge_by_model(stored.thread, run.ask)
    except ModelError as error:
        failure = error
    except ExceptionGroup as group:
        of_the_model, others = group.split(ModelError)
        if of_the_model is None or others is not None:
            raise
        failure = first_of(of_the_model)
    return Outcome(reason=failure.reason, detail=f"{type(failure).__name__}: {failure}")


def first_of(group: ExceptionGroup[ModelError]) -> ModelError:
    """The error to name, out of those of several calls."""
    error: ModelError | ExceptionGroup[ModelError] = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
