"""Rows in a spool and in Postgres, for the tests of writing."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

from storage.prediction_store import PredictionStore
from storage.records.prediction import Prediction
from tasks.predictions.writing.writer import PredictionWriter
from tests.storage.training_rows import make_variant


def write_spool(folder: Path, rows: Sequence[Prediction], token: str | None = None) -> Path:
    """A spool of these rows, as a process writes that has no database."""
    writer = PredictionWriter(None, "ada", make_variant(rows[0].job_id), folder, token=token)
    writer.put(rows)
    writer.close()
    return writer.spool_path


def stored(store: PredictionStore, job_id: UUID, steps: Sequence[int]) -> list[int]:
    """How many answers Postgres has of each of these steps."""
    return [len(store.answered("ada", job_id, "default", step)) for step in steps]


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until the condition holds; the test's own time-out ends it."""
    while not condition():
        await asyncio.sleep(0.02)
