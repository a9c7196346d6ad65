"""A training job, its variant and its predictions, put into a database for a test."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database
from storage.queries.jobs import acting_as, create_job
from storage.records.prediction import Prediction, TrainingJob, Variant


def make_job(user_id: str = "ada", **changed: Any) -> TrainingJob:
    fields = {"job_id": uuid4(), "name": "shop", "data": "shop.jsonl", **changed}
    return TrainingJob.model_validate({"user_id": user_id, **fields})


def make_variant(job_id: UUID, **changed: Any) -> Variant:
    fields = {"prompts_hash": "prompts", "settings_hash": "settings", "settings": {"seed": 0}, **changed}
    return Variant.model_validate({"job_id": job_id, **fields})


def make_prediction(job_id: UUID, step: int = 10, sample_index: int = 0, **changed: Any) -> Prediction:
    """A row that says `yes`, where the test does not say otherwise."""
    said = None if changed.get("failure") else "yes"
    fields = {"sample_id": f"sample {sample_index}", "prompt": "Is it?", "dtype": "float32", "prediction": said}
    return Prediction.model_validate(
        {"job_id": job_id, "step": step, "sample_index": sample_index, **fields, **changed}
    )


@asynccontextmanager
async def acting(database: Database, user_id: str = "ada") -> AsyncGenerator[AsyncSession]:
    """A transaction of this user."""
    async with database.transaction() as session:
        await acting_as(session, user_id)
        yield session


async def add_job(database: Database, user_id: str = "ada") -> UUID:
    """Store a job; returns its id."""
    async with acting(database, user_id) as session:
        return (await create_job(session, make_job(user_id))).job_id
