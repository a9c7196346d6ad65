"""The evaluate task: one evaluator on one batch of threads, each result a row as soon as it is there."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from storage.queries.evaluations import MissingThread, missing_threads
from storage.queries.threads import StoredThread, read_threads
from storage.records import Record, ThreadEvaluation
from tasks.batches import Batch
from tasks.evaluators.base import Evaluator, Outcome
from tasks.providers.errors import ModelError
from tasks.retries import ending_in, is_infrastructure_failure
from tasks.run import OpenRun, open_run_of
from tasks.tolerance import Tally, tally_of

NOT_ASKED = Outcome(reason="budget", detail="not asked: the budget of the run is used up")


class BatchCount(Record):
    """What one batch did: threads it found missing and settled, and how many of them are scored."""

    settled: int
    scored: int


@task(
    name="evaluate-batch",
    task_run_name="{evaluator} {start}-{stop}, repeat {repeat}",
    retries=3,
    retry_delay_seconds=[5, 20, 60],
    retry_condition_fn=is_infrastructure_failure,
    cache_policy=NO_CACHE,
)
async def evaluate_batch(run_id: UUID, evaluator: str, repeat: int, start: int, stop: int) -> BatchCount:
    """Evaluate what this batch still lacks; a retry or a resume redoes only what is missing."""
    run, tally = open_run_of(run_id), tally_of(run_id)
    batch = Batch(evaluator, repeat, start, stop)
    async with run.database.session() as session:
        missing = await missing_threads(session, run_id, evaluator, start, stop, repeat=repeat)
        threads = await read_threads(session, [item.thread_row for item in missing])
    run.done += tally.found_settled(batch, stop - start - len(missing))
    # not a TaskGroup: one thread whose row cannot be written must not cut off calls that are on the wire
    outcomes = await asyncio.gather(
        *(evaluate_and_store(run, tally, batch, item, threads[item.thread_row]) for item in missing),
        return_exceptions=True,
    )
    raise_failures(outcomes)
    return BatchCount(settled=len(missing), scored=sum(outcome is True for outcome in outcomes))


def raise_failures(outcomes: Sequence[object]) -> None:
    """Raise what kept threads from being settled: the one error that ends the run, or all there were."""
    failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if failures:
        group = ExceptionGroup(f"{len(failures)} of {len(outcomes)} threads could not be settled", failures)
        raise (ending_in(group) or group).with_traceback(None)  # shared by many: each adds its own lines to it


async def evaluate_and_store(
    run: OpenRun, tally: Tally, batch: Batch, item: MissingThread, stored: StoredThread
) -> bool:
    """Judge one thread and commit its row; returns whether it is scored."""
    if tally.ended_by is not None:
        raise tally.ended_by.with_traceback(None)
    outcome = await judge_thread(run, run.evaluators[batch.evaluator], stored, batch.repeat)
    await run.writer.save(
        ThreadEvaluation(
            run_id=run.id,
            thread_id=item.thread_id,
            evaluator=batch.evaluator,
            repeat=batch.repeat,
            evaluator_version=run.record.versions[batch.evaluator],
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
    run.done += tally.count(batch, item, outcome)
    return outcome.reason is None


async def judge_thread(run: OpenRun, evaluator: Evaluator, stored: StoredThread, repeat: int) -> Outcome:
    """What the evaluator says; a judge that gives no usable answer leaves the thread unscored with its reason."""
    if run.ask is None:
        return await asyncio.to_thread(evaluator.judge_by_rules, stored.thread)
    if run.ask.budget_exhausted:
        return NOT_ASKED
    try:
        return await evaluator.judge_by_model(stored.thread, run.ask, repeat)
    except ModelError as error:
        failure = error
    except ExceptionGroup as group:
        of_the_model, others = group.split(ModelError)
        if of_the_model is None or others is not None:
            raise
        failure = first_of(of_the_model)
    told = f": {failure}" if run.calls.log_content else ""  # a server's reply may repeat what it was sent
    return Outcome(reason=failure.reason, detail=f"{type(failure).__name__}{told}")


def first_of(group: ExceptionGroup[ModelError]) -> ModelError:
    """The error to name, out of those of several calls."""
    error: ModelError | ExceptionGroup[ModelError] = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
