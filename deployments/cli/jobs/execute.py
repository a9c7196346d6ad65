"""`evalflows jobs exec JOB_ID -- COMMAND`: a training run under its job."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from deployments.cli.appearance import OPTIONS
from deployments.cli.exits import complain
from deployments.cli.jobs.command import no_such_job
from deployments.cli.session import with_database
from deployments.job_process import find_program, new_token, run_training
from storage.database import Database
from storage.errors import DatabaseError
from storage.queries.jobs import acting_as, add_token, find_job, finish_job, start_job
from storage.records.prediction import TrainingJob
from tasks.predictions.whose import job_id_of, user_of

USAGE = "Usage: evalflows jobs exec JOB_ID [--user USER] -- COMMAND [ARGUMENT ...]"

app = App(name="exec", help_flags=[], version_flags=[], end_of_options_delimiter="")


@app.default
def exec_command(*tokens: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """Take apart what is ours and what is the command's: all after the first `--` is its own."""
    cut = tokens.index("--") if "--" in tokens else len(tokens)
    ours, command = tokens[:cut], tokens[cut + 1 :]
    endings: list[int] = []

    def exec_job(job_id: str, /, *, user: str = "") -> None:
        """Run a training under a job, in the foreground; its exit code is this command's.

        JOB_ID, JOB_USER_ID and a new JOB_TOKEN are set for it; of the token only the hash is stored.

        Args:
            job_id: The job, as `evalflows jobs list` names it.
            user: Whose it is [default: JOB_USER_ID, else who you are on this machine].
        """
        find_program(command)
        endings.append(train(user_of(user), job_id_of(job_id), command))

    parser = App(name="evalflows jobs exec", usage=USAGE, version_flags=[], default_parameter=OPTIONS)
    parser["--help"].show = False
    parser.default(exec_job)
    parser(ours, exit_on_error=False, print_error=False, result_action="return_value")
    return endings[0] if endings else 0


def train(user: str, job_id: UUID, command: Sequence[str]) -> int:
    """Run a command under a job of the user, and write down that it started and how it ended.

    Raises:
        RunRefused: The user has no such job, or there is no such program.
    """
    token, hashed = new_token()

    async def start(database: Database) -> TrainingJob:
        async with database.transaction() as session:
            await acting_as(session, user)
            job = await find_job(session, job_id)
            if job is None:
                raise no_such_job(user, job_id)
            await add_token(session, job_id, hashed)
            await start_job(session, job_id)
            return job

    code = run_training(with_database(start), token, command)

    async def finish(database: Database) -> None:
        async with database.transaction() as session:
            await acting_as(session, user)
            await finish_job(session, job_id, code)

    try:
        with_database(finish)
    except DatabaseError as error:  # the training itself is done, and its exit code is what counts
        complain(f"the training ended with {code}, which could not be written to the database: {error}")
    return code
