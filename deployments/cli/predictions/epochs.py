"""`evalflows predictions epochs`: the epochs of a training, and how many predictions each has."""

from deployments.cli.console import make_console, print_json
from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from deployments.cli.tables import Row, print_table
from storage.database import Database
from storage.queries.predictions import EpochCount, list_epochs
from storage.records.prediction import DEFAULT_VARIANT
from tasks.predictions.whose import job_id_of, user_of
from tasks.training_steps import require_job

COLUMNS = ("epoch", "steps", "last_step", "predictions", "failed", "last_at")


def epochs(job: str, /, *, user: str = "", variant: str = DEFAULT_VARIANT, json: bool = False) -> int:
    """List the epochs of a training, how many predictions each has, and the last step of each.

    Args:
        job: The job, as `evalflows jobs list` names it.
        user: Whose job it is [default: JOB_USER_ID, else who you are on this machine].
        variant: Which variant of the job's prompts and settings.
        json: Print one JSON object per epoch instead of a table.
    """
    wanted, whose = job_id_of(job), user_of(user)

    async def read(database: Database) -> list[EpochCount]:
        async with database.session() as session:
            await require_job(session, whose, wanted, variant)
            return await list_epochs(session, wanted, variant)

    found = with_database(read)
    if json:
        print_json(found)
    elif not found:
        print("no predictions yet")
    else:
        print_table(make_console(), [_row(count) for count in found], COLUMNS, numbers=COLUMNS[:-1])
    return DONE


def _row(count: EpochCount) -> Row:
    numbers = {name: str(getattr(count, name)) for name in COLUMNS[1:-1]}
    epoch = "not known" if count.epoch is None else str(count.epoch)
    return {"epoch": epoch, **numbers, "last_at": f"{count.last_at:%Y-%m-%d %H:%M:%S}"}
