"""What a job asks for, and what it is held to: by the database, else by what the training says itself."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from settings import PredictionSettings
from storage.errors import DatabaseError, DatabaseUnavailable
from storage.records.prediction import TrainingJob, Variant
from tasks.errors import RunRefused
from tasks.predictions.config.job_config import SECTION, PredictionsConfig, read_config
from tasks.predictions.job import JobIdentity, refuse_difference
from tasks.predictions.writing.signing import token_hash
from tasks.predictions.writing.sink import PredictionSink

logger = logging.getLogger(__name__)
ELSEWHERE = "on a host without the database give spool=FOLDER, data= and config="


@dataclass(frozen=True)
class JobSource:
    """Where a job is looked up.

    Attributes:
        sink: The database; None where rows go to a spool only.
        data: As the training names it; None means as the job does.
        config: Of the job as the training says it; None means as the job does.
    """

    sink: PredictionSink | None
    data: str | Path | None
    config: Mapping[str, Any] | None

    def read(self, job: JobIdentity, limits: PredictionSettings) -> tuple[PredictionsConfig, str | Path]:
        """The job's configuration and the path of its data.

        Raises:
            RunRefused: The user has no such job, its configuration cannot be used, or nothing says what it is.
        """
        stored = self._stored(job)
        config, data = self.config, self.data
        if stored is not None:
            config = _one_of(stored.config, self.config, limits)
            data = data or stored.data
        assert config is not None
        assert data is not None
        return read_config(config, limits), data

    def pin(self, job: JobIdentity, wanted: Variant) -> None:
        """Hold the variant to these prompts and settings; without the database that is done when rows reach it.

        Raises:
            RunRefused: It is held to others, or the job's secret is not one.
        """
        if self.sink is None:
            return
        try:
            pinned = self.sink.pin(job.user_id, wanted, token_hash(job.token) if job.token else None)
        except DatabaseUnavailable as error:
            logger.error("the job's prompts and settings are not compared with earlier ones: %s", error)
        except DatabaseError as error:
            raise RunRefused(str(error)) from error
        else:
            refuse_difference(wanted, pinned)

    def _stored(self, job: JobIdentity) -> TrainingJob | None:
        """The job as it was created; None where the training has to say what it is, and does."""
        says_all = self.data is not None and self.config is not None
        if self.sink is None:
            if not says_all:
                raise RunRefused("with spool= no database is asked what the job is: give data= and config= too")
            return None
        try:
            return self.sink.job(job.user_id, job.job_id)
        except DatabaseUnavailable as error:
            if not says_all:
                raise RunRefused(f"{error}; {ELSEWHERE}") from error
            logger.error("predictions go to the spool until the database is back: %s", error)
            return None
        except DatabaseError as error:
            raise RunRefused(f"{error}; {ELSEWHERE}") from error


def _one_of(
    stored: Mapping[str, Any], given: Mapping[str, Any] | None, limits: PredictionSettings
) -> Mapping[str, Any]:
    """The configuration of a job that was created with one and is given another in training."""
    if given is None or SECTION not in stored:
        return given or stored
    if read_config(stored, limits) != read_config(given, limits):
        raise RunRefused(
            f"the job was created with {SECTION} {stored[SECTION]!r}, and config= says {given.get(SECTION)!r}: "
            "leave config= out, or create another job"
        )
    return stored
