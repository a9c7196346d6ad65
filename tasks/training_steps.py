"""Read the predictions of a training step by step, and sum them up."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database
from storage.queries.jobs import acting_as, find_job
from storage.queries.pairwise import list_verdicts
from storage.queries.predictions import list_predictions, list_steps
from storage.queries.variants import list_variants
from storage.records.prediction import DEFAULT_VARIANT, Prediction, TrainingJob
from tasks.errors import RunRefused
from tasks.reports.predictions.scores import scores_of
from tasks.reports.predictions.summary import TrainingSummary


async def summarise_job(
    database: Database, user_id: str, job_id: UUID, variant: str = DEFAULT_VARIANT
) -> TrainingSummary:
    """All steps of a variant of a job: figures, changes, flips, verdicts of judges.

    Raises:
        RunRefused: The user has no such job, or it has no such variant.
    """
    async with database.session() as session:
        job = await require_job(session, user_id, job_id, variant)
        scores = [scores_of(rows[0].step, rows) async for rows in read_steps(session, job_id, variant)]
        verdicts = await list_verdicts(session, job_id, variant)
    from tasks.reports.predictions.summarise import summarise_training  # scipy takes a second to load

    return await asyncio.to_thread(summarise_training, job, variant, scores, verdicts)


async def require_job(session: AsyncSession, user_id: str, job_id: UUID, variant: str = DEFAULT_VARIANT) -> TrainingJob:
    """The job; from here on the session acts as the user.

    Raises:
        RunRefused: The user has no such job, or it has variants, but not this one.
    """
    await acting_as(session, user_id)
    job = await find_job(session, job_id)
    if job is None:
        raise RunRefused(f"user {user_id!r} has no job {job_id}: see 'evalflows jobs list', or name another --user")
    names = [each.variant for each in await list_variants(session, job_id)]
    if names and variant not in names:
        raise RunRefused(f"job {job_id} has no variant {variant!r}: it has {', '.join(names)} (--variant)")
    return job


async def read_steps(
    session: AsyncSession, job_id: UUID, variant: str = DEFAULT_VARIANT
) -> AsyncIterator[tuple[Prediction, ...]]:
    """The rows of each step that has some, from the first; one step in memory at a time."""
    for step in await list_steps(session, job_id, variant):
        page = await list_predictions(session, job_id, variant=variant, step=step.step, limit=0)
        if page.items:
            yield page.items
