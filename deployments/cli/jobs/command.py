"""`evalflows jobs`: make training jobs, train under one, list, show and delete them."""

from uuid import UUID

from cyclopts import App
from cyclopts.types import NonNegativeInt

from deployments.cli.console import make_console, print_json
from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from deployments.cli.tables import Row, print_table
from storage.database import Database
from storage.queries.jobs import acting_as, find_job, list_jobs
from storage.queries.page import Page
from storage.records.prediction import TrainingJob
from tasks.errors import RunRefused
from tasks.predictions.whose import user_of

app = App(name="jobs", help="Training jobs: what is predicted while a model trains, and whose it is.")
app.command(
    "deployments.cli.jobs.create:create",
    name="create",
    sort_key=0,
    help="Check and store a training job; say what its predictions will cost.",
)
app.command(
    "deployments.cli.jobs.execute:app",
    name="exec",
    sort_key=1,
    help="Run a training under a job: JOB_ID, JOB_USER_ID and JOB_TOKEN are set for it.",
)
app.command("deployments.cli.jobs.show:show", name="show", sort_key=3, help="Show a job and what was predicted for it.")
app.command(
    "deployments.cli.jobs.create:delete", name="delete", sort_key=4, help="Delete a job with all its predictions."
)
app.command(
    "deployments.cli.jobs.create:token",
    name="token",
    sort_key=5,
    help="Print a secret with which another host signs the job's predictions.",
)

COLUMNS = ("job", "created", "training", "name", "data")
SPARE = ("data", "created")


@app.default
@app.command(name="list", sort_key=2)
def list_command(*, user: str = "", limit: NonNegativeInt = 20, offset: NonNegativeInt = 0, json: bool = False) -> int:
    """List a user's jobs, newest first.

    Args:
        user: Whose [default: JOB_USER_ID, else who you are on this machine].
        limit: Most jobs to list; 0 means all.
        offset: Jobs to skip.
        json: Print one JSON object per job instead of a table.
    """
    whose = user_of(user)

    async def read(database: Database) -> Page[TrainingJob]:
        async with database.session() as session:
            await acting_as(session, whose)
            return await list_jobs(session, limit=limit, offset=offset)

    page = with_database(read)
    if json:
        print_json(page.items)
        return DONE
    if not page.total:
        print(f"user {whose!r} has no jobs; make one: evalflows jobs create --name NAME --data FILE")
        return DONE
    console = make_console()
    print_table(console, [_row(job) for job in page.items], COLUMNS, spare=SPARE, stretch="name")
    last = offset + len(page.items)
    if last < page.total:
        console.print(f"{len(page.items)} of {page.total} jobs; --offset {last} for more")
    return DONE


def _row(job: TrainingJob) -> Row:
    return {
        "job": str(job.job_id),
        "created": f"{job.created_at:%m-%d %H:%M}" if job.created_at else "",
        "training": training_state(job),
        "name": job.name,
        "data": job.data,
    }


def training_state(job: TrainingJob) -> str:
    """How the last training of a job stands, in a word or two."""
    if job.started_at is None:
        return "not yet"
    if job.exit_code is None:
        return f"since {job.started_at:%m-%d %H:%M}"
    return "done" if job.exit_code == 0 else f"exit {job.exit_code}"


async def read_job(database: Database, user: str, job_id: UUID) -> TrainingJob:
    """A job of the user.

    Raises:
        RunRefused: The user has none of this id.
    """
    async with database.session() as session:
        await acting_as(session, user)
        found = await find_job(session, job_id)
    if found is None:
        raise no_such_job(user, job_id)
    return found


def no_such_job(user: str, job_id: UUID) -> RunRefused:
    """What to say of a job that the user does not have."""
    return RunRefused(f"user {user!r} has no job {job_id}: see 'evalflows jobs list', or name another --user")
