"""The predict task: what one checkpoint still lacks is predicted, batch by batch, each batch committed as rows."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from storage.errors import DatabaseError
from storage.queries.jobs import acting_as
from storage.queries.predictions import predicted_keys, save_predictions
from storage.queries.variants import pin_variant
from storage.records import Record
from tasks.checkpoints import Predicting, predicting
from tasks.errors import RunRefused
from tasks.predictions.checkpoints.backend import AskBatch, Prepared
from tasks.predictions.checkpoints.find import Checkpoint
from tasks.predictions.job import refuse_difference
from tasks.predictions.metrics import score
from tasks.predictions.passes import failed_pass, missing_prompts, rows_of
from tasks.predictions.prompts import PassResult, Prompt
from tasks.retries import is_infrastructure_failure

PASSES_ON = (RunRefused, DatabaseError)
"""What is not the fault of a checkpoint."""


class CheckpointFailed(Exception):
    """A checkpoint cannot be predicted; the message is one line. The others are."""


class CheckpointCount(Record):
    """What one checkpoint has got: rows answered `before`, `new` ones, and how many of these `failed`."""

    before: int
    new: int
    failed: int


@task(
    name="predict-checkpoint",
    task_run_name="checkpoint-{step}",
    retries=3,
    retry_delay_seconds=[5, 20, 60],
    retry_condition_fn=is_infrastructure_failure,
    cache_policy=NO_CACHE,
)
async def predict_checkpoint(run_id: UUID, step: int) -> CheckpointCount:
    """Predict what this checkpoint still lacks; a retry or a resume redoes only what is missing.

    Raises:
        CheckpointFailed: It cannot be read, or nothing can be asked of it.
        RunRefused: The job's variant is pinned to other prompts or settings.
    """
    work = predicting(run_id)
    try:
        return await _predict(work, work.found[step])
    except PASSES_ON:
        raise
    except Exception as error:  # noqa: BLE001 whatever reading and asking it raises, the other checkpoints are predicted
        why = " ".join(f"{type(error).__name__}: {error}".split())
        get_run_logger().error("checkpoint-%d cannot be predicted", step, exc_info=error)
    raise CheckpointFailed(f"checkpoint-{step}: {why}")  # out here it holds no frame, and so no model


async def _predict(work: Predicting, checkpoint: Checkpoint) -> CheckpointCount:
    config, log = work.setup.config, get_run_logger()
    prepared = await work.backend.prepare(checkpoint, work.setup.samples, config.max_new_tokens)
    await pin(work, prepared)
    answered = await read_answered(work, checkpoint.step)
    before, new, failed, began = len(answered), 0, 0, time.perf_counter()
    work.settled[checkpoint.step] = before
    async with AsyncExitStack() as stack:
        ask: AskBatch | None = None
        for batch in batches_of(prepared.prompts, config.batch_size):
            missing = missing_prompts(batch, config.repeats, answered)
            if not missing:
                continue
            if ask is None and any(prompt.failure is None for prompt in missing):
                ask = await stack.enter_async_context(work.backend.opened(checkpoint, config.generation()))
                log.info("checkpoint-%d: %s", checkpoint.step, work.backend.words)
            result = await ask(missing) if ask else failed_pass(missing, config.generation(), dtype="not computed")
            added, not_answered = await store(work, checkpoint, missing, result, answered)
            new, failed = new + added, failed + not_answered
        del ask
    log.info("checkpoint-%d: %d rows there before, %d new, %d failed", checkpoint.step, before, new, failed)
    if not before:
        work.tell_time(time.perf_counter() - began)
        log.info("%s", work.timing)
    work.settled[checkpoint.step] = work.rows_each
    work.show_progress()
    return CheckpointCount(before=before, new=new, failed=failed)


async def pin(work: Predicting, prepared: Prepared) -> None:
    """Hold the job's variant to these prompts and settings.

    Raises:
        RunRefused: It is held to others.
    """
    wanted = work.setup.pinned(prepared.template_hash, work.backend.kind)
    async with work.run.database.transaction() as session:
        await acting_as(session, work.setup.job.user_id)
        pinned = await pin_variant(session, wanted)
    try:
        refuse_difference(wanted, pinned)
    except RunRefused as error:
        raise RunRefused(f"{error} (--variant NAME)") from None


async def read_answered(work: Predicting, step: int) -> set[tuple[int, int]]:
    """Index and repeat of what is answered at a step."""
    async with work.run.database.session() as session:
        await acting_as(session, work.setup.job.user_id)
        return await predicted_keys(session, work.setup.job.job_id, work.setup.variant, step)


async def store(
    work: Predicting,
    checkpoint: Checkpoint,
    asked: Sequence[Prompt],
    result: PassResult,
    answered: set[tuple[int, int]],
) -> tuple[int, int]:
    """Commit the rows of a batch; returns how many are new, and how many of all have no prediction."""
    setup = work.setup
    job_id, settings = setup.job.job_id, setup.config.generation()
    made = await asyncio.to_thread(
        rows_of, job_id, setup.variant, checkpoint.step, checkpoint.epoch, asked, result, settings, score
    )
    rows = [row for row in made if (row.sample_index, row.repeat) not in answered]
    async with work.run.database.transaction() as session:
        await acting_as(session, setup.job.user_id)
        added = await save_predictions(session, rows)
    work.new_rows += added
    work.settled[checkpoint.step] += len(rows)
    work.show_progress()
    return added, sum(row.failure is not None for row in rows)


def batches_of(prompts: Sequence[Prompt], size: int) -> Iterator[Sequence[Prompt]]:
    """The prompts in batches that are the same at each step and in each try: others give other texts in bfloat16.

    Those that cannot be asked come last, by themselves.
    """
    asked = [prompt for prompt in prompts if prompt.failure is None]
    for start in range(0, len(asked), size):
        yield asked[start : start + size]
    yield [prompt for prompt in prompts if prompt.failure is not None]
