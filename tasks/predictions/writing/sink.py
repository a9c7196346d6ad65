"""Where predictions go: what `storage.prediction_store.PredictionStore` does, and anything that takes its place."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from storage.records.prediction import Prediction, TrainingJob, Variant


class PredictionSink(Protocol):
    """Takes rows for good. Each method waits, and raises a `storage.errors.DatabaseError` where that failed."""

    def job(self, user_id: str, job_id: UUID) -> TrainingJob:
        """The job as it was created. JobNotFound: the user has no such job."""
        ...

    def pin(self, user_id: str, variant: Variant, token_hash: str | None = None) -> Variant:
        """Pin a variant where it is not pinned yet; returns what is pinned. JobNotFound, RowsRefused: it may not."""
        ...

    def save(self, user_id: str, rows: Sequence[Prediction]) -> int:
        """Take rows, all or none; returns how many are new. RowsRefused: one of them can never be taken."""
        ...

    def answered(self, user_id: str, job_id: UUID, variant: str, step: int) -> set[tuple[int, int]]:
        """Sample index and repeat of what a step has an answer for."""
        ...

    def token_hashes(self, user_id: str, job_id: UUID) -> tuple[str, ...]:
        """SHA-256 (hex) of each secret of a job. JobNotFound: the user has no such job."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...
