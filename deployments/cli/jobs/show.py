"""`evalflows jobs show JOB_ID`: one job, and how much was predicted for it."""

import sys
from uuid import UUID

import orjson

from deployments.cli.exits import DONE
from deployments.cli.jobs.command import read_job, training_state
from deployments.cli.session import with_database
from storage.database import Database
from storage.queries.jobs import acting_as
from storage.queries.predictions import StepCount, list_steps
from storage.queries.variants import list_variants
from storage.records.prediction import TrainingJob, Variant
from tasks.predictions.whose import job_id_of, user_of

Predicted = list[tuple[Variant, list[StepCount]]]
"""The variants of a job, each with its steps."""


def show(job_id: str, /, *, user: str = "", json: bool = False) -> int:
    """Show a job and what was predicted for it.

    Args:
        job_id: The job, as `evalflows jobs list` names it.
        user: Whose it is [default: JOB_USER_ID, else who you are on this machine].
        json: Print one JSON object.
    """
    whose, wanted = user_of(user), job_id_of(job_id)

    async def read(database: Database) -> tuple[TrainingJob, Predicted]:
        return await read_job(database, whose, wanted), await read_predicted(database, whose, wanted)

    job, predicted = with_database(read)
    if json:
        variants = [
            {**variant.model_dump(mode="json"), "steps": [step.model_dump(mode="json") for step in steps]}
            for variant, steps in predicted
        ]
        sys.stdout.write(orjson.dumps({**job.model_dump(mode="json"), "variants": variants}).decode() + "\n")
    else:
        _print(job, predicted)
    return DONE


async def read_predicted(database: Database, user: str, job_id: UUID) -> Predicted:
    """How much was predicted for a job of the user."""
    async with database.session() as session:
        await acting_as(session, user)
        variants = await list_variants(session, job_id)
        return [(variant, await list_steps(session, job_id, variant.variant)) for variant in variants]


def _print(job: TrainingJob, predicted: Predicted) -> None:
    print(f"job       {job.job_id}")
    print(f"name      {job.name}")
    print(f"user      {job.user_id}")
    print(f"data      {job.data}")
    print(f"config    {orjson.dumps(job.config).decode()}")
    print(f"created   {job.created_at:%Y-%m-%d %H:%M:%S %Z}")
    print(f"training  {training_state(job)}")
    for variant, steps in predicted:
        rows, failed = sum(step.predictions for step in steps), sum(step.failed for step in steps)
        last = f", the last of them {steps[-1].step}" if steps else ""
        lost = f", {failed:,} of them failed" if failed else ""
        print(f"variant   {variant.variant}: {rows:,} predictions{lost}, {len(steps)} steps{last}")
    if predicted:
        whose = "" if job.user_id == user_of("") else f" --user {job.user_id}"
        print(f"read them: evalflows predictions epochs {job.job_id}{whose}")
