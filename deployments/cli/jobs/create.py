"""`evalflows jobs create|delete|token`: what changes a job's row, or adds to it."""

import sys
from pathlib import Path

from deployments.cli.console import print_json
from deployments.cli.exits import DONE, WRONG_USAGE, complain
from deployments.cli.jobs.command import no_such_job
from deployments.cli.session import with_database
from deployments.job_process import new_token
from storage.database import Database
from storage.queries.jobs import acting_as, add_token, delete_job, find_job
from storage.records.prediction import TrainingJob
from tasks.job_config import read_job_config
from tasks.jobs import CheckedJob, check_job, store_job
from tasks.predictions.config.job_config import ConfigError
from tasks.predictions.whose import job_id_of, user_of


def create(*, name: str, data: Path, config: str = "", user: str = "", json: bool = False) -> int:
    """Check a training job, say what its predictions will cost, and store it.

    Args:
        name: What to call it.
        data: The data set trained on (JSON, JSONL, CSV, TSV, Parquet, text); the samples are drawn from it.
        config: A YAML or JSON file, or JSON as it is, as '{"predictions": {"sample_count": 10}}'.
        user: Whose it is [default: JOB_USER_ID, else who you are on this machine].
        json: Print the job as one JSON object.
    """
    try:
        checked = check_job(user_of(user), name, str(data), read_job_config(config))
    except ConfigError as error:
        for message in error.messages:
            complain(message)
        return WRONG_USAGE

    async def store(database: Database) -> TrainingJob:
        return await store_job(database, checked.job)

    stored = with_database(store)
    if json:
        print_json([stored])
    else:
        _print(checked, stored)
    return DONE


def _print(checked: CheckedJob, stored: TrainingJob) -> None:
    print("\n".join(checked.lines()))
    print(f"job {stored.job_id} of user {stored.user_id!r} is stored; now train under it:")
    whose = "" if stored.user_id == user_of("") else f" --user {stored.user_id}"
    print(f"  evalflows jobs exec {stored.job_id}{whose} -- python train.py")


def delete(job_id: str, /, *, user: str = "") -> int:
    """Delete a job with its predictions, variants, secrets and verdicts.

    Args:
        job_id: The job, as `evalflows jobs list` names it.
        user: Whose it is [default: JOB_USER_ID, else who you are on this machine].
    """
    whose, wanted = user_of(user), job_id_of(job_id)

    async def remove(database: Database) -> bool:
        async with database.transaction() as session:
            await acting_as(session, whose)
            return await delete_job(session, wanted)

    if not with_database(remove):
        raise no_such_job(whose, wanted)
    print(f"job {wanted} is deleted, with all that was predicted for it")
    return DONE


def token(job_id: str, /, *, user: str = "") -> int:
    """Print a new secret of a job, once; only its hash is stored, and earlier ones stay valid.

    Args:
        job_id: The job, as `evalflows jobs list` names it.
        user: Whose it is [default: JOB_USER_ID, else who you are on this machine].
    """
    whose, wanted = user_of(user), job_id_of(job_id)
    secret, hashed = new_token()

    async def add(database: Database) -> None:
        async with database.transaction() as session:
            await acting_as(session, whose)
            if await find_job(session, wanted) is None:
                raise no_such_job(whose, wanted)
            await add_token(session, wanted, hashed)

    with_database(add)
    print(secret)
    print(
        f"on the other host: export JOB_ID={wanted} JOB_USER_ID={whose} JOB_TOKEN=<the line above>; "
        "it is not shown again",
        file=sys.stderr,
    )
    return DONE
