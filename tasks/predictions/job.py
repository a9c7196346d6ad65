"""What making predictions needs to know of a job: whose it is, its samples, its settings, and what it is pinned to."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from storage.records.prediction import DEFAULT_VARIANT, Variant
from tasks.errors import RunRefused
from tasks.predictions.config.job_config import PredictionsConfig
from tasks.predictions.samples import Sample, choose_samples, prompts_hash, read_samples
from tasks.predictions.whose import job_id_of

BY_EXEC = "start the training with `evalflows jobs exec JOB_ID -- python train.py ...`"


@dataclass(frozen=True)
class JobIdentity:
    """Which job predictions are made for, and whose it is.

    Attributes:
        token: The job's secret, which proves to another host that rows are its own; None where none was given out.
    """

    job_id: UUID
    user_id: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class JobSetup:
    """A job ready to be predicted.

    Attributes:
        config: Validated against the limits of the environment.
        data: The file the samples are from.
        variant: The name of these prompts and settings within the job.
        samples: The chosen ones, in the order of their index.
        prompts_hash: SHA-256 (hex) over them.
    """

    job: JobIdentity
    config: PredictionsConfig
    data: Path
    variant: str
    samples: tuple[Sample, ...]
    prompts_hash: str

    def pinned(self, template_hash: str | None, backend: str = "transformers") -> Variant:
        """What this variant is held to from now on.

        Args:
            template_hash: SHA-256 (hex) of the chat template; None without one.
            backend: `transformers`, or which server answers.
        """
        settings: dict[str, Any] = {**asdict(self.config.generation()), "backend": backend}
        settings["template_hash"] = template_hash
        return Variant(
            job_id=self.job.job_id,
            variant=self.variant,
            prompts_hash=self.prompts_hash,
            settings_hash=hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest(),
            settings=settings,
        )


def identify_job(
    job_id: UUID | str | None = None, user_id: str | None = None, environment: Mapping[str, str] = os.environ
) -> JobIdentity:
    """The job that is named, else the one of JOB_ID and JOB_USER_ID; its secret is JOB_TOKEN.

    Raises:
        RunRefused: No job or user is named, or the job's id is not one.
    """
    named, user = str(job_id or environment.get("JOB_ID", "")), user_id or environment.get("JOB_USER_ID", "")
    if not named:
        raise RunRefused(f"no job is named: {BY_EXEC}, or pass job_id= (`evalflows jobs create` makes one)")
    if not user:
        raise RunRefused(f"no user is named for job {named}: {BY_EXEC}, or pass user_id=")
    return JobIdentity(job_id=job_id_of(named), user_id=user, token=environment.get("JOB_TOKEN") or None)


def set_up_job(
    job: JobIdentity, config: PredictionsConfig, data: str | Path, variant: str = DEFAULT_VARIANT
) -> JobSetup:
    """Read the data and choose the job's samples.

    Raises:
        SamplesError: The data cannot be read, or holds no sample.
    """
    chosen = choose_samples(read_samples(data).samples, config.sample_count, config.seed, config.stratify)
    return JobSetup(
        job=job, config=config, data=Path(data), variant=variant, samples=chosen, prompts_hash=prompts_hash(chosen)
    )


def refuse_difference(wanted: Variant, pinned: Variant) -> None:
    """Let no variant hold predictions that cannot be compared with each other.

    Raises:
        RunRefused: The variant is pinned to other prompts or settings.
    """
    differences = [
        f"{name} was {pinned.settings.get(name)!r} and is {wanted.settings.get(name)!r}"
        for name in sorted(wanted.settings.keys() | pinned.settings.keys())
        if wanted.settings.get(name) != pinned.settings.get(name)
    ]
    if wanted.prompts_hash != pinned.prompts_hash:
        differences.insert(0, "the prompts are others (the data, sample_count or the seed of the samples changed)")
    if differences:
        raise RunRefused(
            f"job {wanted.job_id} has predictions of other prompts or settings as variant {wanted.variant!r}:"
            f" {'; '.join(differences)}. Put that back, or name another variant"
        )
