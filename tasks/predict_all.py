"""Predict the checkpoints of a folder one after the other: a GPU is one. One that fails leaves the others."""

from prefect.logging import get_run_logger

from tasks.checkpoints import Predicting
from tasks.errors import RunRefused
from tasks.predict_checkpoint import CheckpointFailed, predict_checkpoint
from tasks.predictions.checkpoints.find import Unusable


async def predict_all(work: Predicting) -> None:
    """Predict each checkpoint as it is complete, until there will be no more.

    Raises:
        RunRefused: The variant is pinned to other prompts or settings, or no checkpoint came.
    """
    log = get_run_logger()
    job, where = work.setup.job, work.backend.words
    log.info("job %s of user %r, variant %r: answered by %s", job.job_id, job.user_id, work.setup.variant, where)
    async for one in work.watch.checkpoints():
        work.show_progress()
        if isinstance(one, Unusable):
            log.error("checkpoint-%d cannot be predicted: %s", one.step, one.why)
            work.failures[one.step] = f"checkpoint-{one.step}: {one.why}"
        else:
            work.found[one.step] = one
            try:
                await predict_checkpoint(work.run.id, one.step)
            except CheckpointFailed as failure:
                work.failures[one.step] = str(failure)
        work.settled.setdefault(one.step, 0)
        if one.step in work.failures:
            work.settled[one.step] = work.rows_each
    log.info("ended: %s", work.watch.ended)
    if not work.watch.seen:
        raise RunRefused(f"{work.training.folder!r}: {work.watch.ended}, and there was none before")
