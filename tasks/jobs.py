"""Training jobs: what is asked for is checked whole, then stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from settings import PredictionSettings, get_prediction_settings
from storage.database import Database
from storage.queries.jobs import acting_as
from storage.queries.jobs import create_job as insert_job
from storage.records.prediction import TrainingJob
from tasks.errors import RunRefused
from tasks.predictions.config.cost import CostEstimate, estimate_cost
from tasks.predictions.config.expected import Training, expected_passes
from tasks.predictions.config.job_config import SECTION, PredictionsConfig, read_config
from tasks.predictions.samples.read import read_samples
from tasks.predictions.samples.sample import SampleFile

TRAINING = "training"
"""The section of a job's configuration that says how long it trains, as far as that is known."""


@dataclass(frozen=True)
class CheckedJob:
    """A job that can be stored.

    Attributes:
        predictions: What its configuration says, complete and within the limits.
        samples: What its data set holds.
        estimate: What its predictions will cost; None where they are off.
    """

    job: TrainingJob
    predictions: PredictionsConfig
    samples: SampleFile
    estimate: CostEstimate | None

    def lines(self) -> list[str]:
        """What to know of it before it starts, a line each: data, bad rows, predictions, cost, warning."""
        rows = f"{len(self.samples.samples):,} samples"
        said = [f"data: {self.job.data}: {rows} ({self.samples.format})"]
        said += [f"data: {note}" for note in self.samples.notes]
        if self.samples.bad_rows:
            said.append(f"data: {self.samples.bad_row_count:,} rows left out, the first: {self.samples.bad_rows[0]}")
        if self.estimate is None:
            return [*said, "predictions: off"]
        often = self.predictions.sample_frequency
        every = f"every {self.predictions.step_interval} steps" if often == "steps" else f"at each {often}"
        said += [f"predictions: {every}", f"cost: {self.estimate.line()}"]
        warning = self.estimate.warning()
        return [*said, f"WARNING: {warning}"] if warning else said


def configured(config: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with these fields of its predictions on top; None is a field that was not filled in."""
    given = {name: value for name, value in fields.items() if value is not None}
    section = config.get(SECTION, {})
    if not given or not isinstance(section, Mapping):  # what is no mapping is refused by `read_config`
        return dict(config)
    return {**config, SECTION: {**cast("Mapping[str, Any]", section), **given}}


def check_job(user: str, name: str, data: str, config: Mapping[str, Any]) -> CheckedJob:
    """Look through what a job is made of; nothing is stored.

    Raises:
        ConfigError: Its configuration cannot be used; a message for each field.
        SamplesError: Its data cannot be read.
        RunRefused: It has no user or no name.
    """
    for field, value in (("user", user), ("name", name), ("data", data)):
        if not value.strip():
            raise RunRefused(f"the job's {field} is empty: name one")
    limits = get_prediction_settings()
    predictions = read_config(config, limits)
    samples = read_samples(data)
    path = str(Path(data).expanduser().absolute())  # a training under the job may start in any folder
    job = TrainingJob(job_id=uuid4(), user_id=user.strip(), name=name.strip(), data=path, config=dict(config))
    estimate = _estimate(predictions, samples, config, limits) if predictions.enabled else None
    return CheckedJob(job=job, predictions=predictions, samples=samples, estimate=estimate)


async def store_job(database: Database, job: TrainingJob) -> TrainingJob:
    """Store a job; returned as it is stored."""
    async with database.transaction() as session:
        await acting_as(session, job.user_id)
        return await insert_job(session, job)


def _estimate(
    predictions: PredictionsConfig, samples: SampleFile, config: Mapping[str, Any], limits: PredictionSettings
) -> CostEstimate:
    count = len(samples.samples)
    later = expected_passes(predictions, _training(config, count))
    passes = None if later is None else later + 1  # the model is predicted before its first step too
    return estimate_cost(predictions, limits, passes=passes, samples=count)


def _training(config: Mapping[str, Any], rows: int) -> Training:
    """What the configuration says of the training itself; what it does not say is not known."""
    section = config.get(TRAINING)
    said: Mapping[str, Any] = cast("Mapping[str, Any]", section) if isinstance(section, Mapping) else {}

    def number(name: str) -> int | None:
        value = said.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None

    return Training(
        epochs=number("epochs"),
        max_steps=number("max_steps"),
        rows=rows,
        rows_per_step=number("rows_per_step"),
        every_steps=number("every_steps"),
    )
