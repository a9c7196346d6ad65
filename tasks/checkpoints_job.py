"""The job that a run of `predict-checkpoints` writes for: the one that is named, or a new one."""

from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.logging import get_run_logger
from pydantic import Field

from settings import get_prediction_settings
from storage.queries.jobs import acting_as, create_job, find_job
from storage.records import Record
from storage.records.prediction import TrainingJob
from tasks.errors import RunRefused
from tasks.predictions.config.job_config import SECTION, PredictionsConfig, read_config
from tasks.predictions.job import JobIdentity, JobSetup, set_up_job
from tasks.predictions.whose import job_id_of, user_of
from tasks.run import OpenRun


class JobRequest(Record):
    """What the user says of the job; 0 and empty mean as the job says, else the default.

    Attributes:
        job: Its id; empty: a job is made.
        user: Whose it is; empty: JOB_USER_ID of the environment, else who this process runs as.
        data: The data set that samples are drawn from.
        samples: How many.
        max_new_tokens: Most tokens of a prediction.
        temperature: Of the sampling.
        repeats: How often each prompt is answered.
        seed: Of samples and sampling.
        batch_size: Prompts answered at once.
    """

    job: str = ""
    user: str = ""
    data: str = ""
    samples: int = Field(default=0, ge=0)
    max_new_tokens: int = Field(default=0, ge=0)
    temperature: float = Field(default=0, ge=0)
    repeats: int = Field(default=0, ge=0)
    seed: int = Field(default=0, ge=0)
    batch_size: int = Field(default=0, ge=0)

    @property
    def section(self) -> dict[str, Any]:
        """What was set, as a job's configuration has it under `predictions`."""
        names = ("max_new_tokens", "temperature", "repeats", "seed", "batch_size")
        wanted = {"sample_count": self.samples, **{name: getattr(self, name) for name in names}}
        return {name: value for name, value in wanted.items() if value}

    @property
    def user_id(self) -> str:
        """Whose job it is.

        Raises:
            RunRefused: Nobody is named, and the system has no name for this user.
        """
        return user_of(self.user)

    @property
    def job_id(self) -> UUID | None:
        """The id, None where a job is to be made.

        Raises:
            RunRefused: It is no id.
        """
        return job_id_of(self.job) if self.job else None


def check_request(request: JobRequest) -> None:
    """Look at what can be seen of a request before anything is started.

    Raises:
        RunRefused: Predictions are switched off, a value is none, or a job without data is to be made.
    """
    if request.job_id is None:
        _enabled(read_config({SECTION: request.section}, get_prediction_settings()))
        if not request.data:
            raise RunRefused("--data is missing: name the data set that samples are drawn from, or a job with --job")
        _ = request.user_id


async def open_job(run: OpenRun, request: JobRequest, folder: str, variant: str) -> JobSetup:
    """The job with its samples. A job that is made has the run's id, so that a resumed run finds it again.

    Raises:
        RunRefused: There is no such job of this user, its configuration cannot be used, or its data cannot be read.
    """
    user = request.user_id
    async with run.database.transaction() as session:
        await acting_as(session, user)
        if (job_id := request.job_id) is None:
            job = await create_job(session, new_job(run, request, folder))
            get_run_logger().info("job %s of user %r: made for this run", job.job_id, user)
        else:
            job = await find_job(session, job_id)
    if job is None:
        raise RunRefused(f"user {user!r} has no job {request.job}: `evalflows jobs list --user {user}` shows them")
    section = {**job.config.get(SECTION, {}), **request.section}
    config = _enabled(read_config({**job.config, SECTION: section}, get_prediction_settings()))
    return set_up_job(JobIdentity(job.job_id, user), config, request.data or job.data, variant)


def new_job(run: OpenRun, request: JobRequest, folder: str) -> TrainingJob:
    """A job for a training that had none."""
    return TrainingJob(
        job_id=run.id,
        user_id=request.user_id,
        name=Path(folder).name or folder,
        data=str(Path(request.data).expanduser().absolute()),
        config={SECTION: request.section},
    )


def _enabled(config: PredictionsConfig) -> PredictionsConfig:
    if not config.enabled:
        raise RunRefused(
            "predictions are switched off (PREDICTIONS_ENABLED, or predictions.enabled of the job): switch them on"
        )
    return config
