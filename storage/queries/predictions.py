"""Queries on `training_predictions`: rows are added, a failed one gives way to an answered one, none ever changes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.engine import to_json
from storage.queries.json_rows import json_rows, storable_value
from storage.queries.page import Page, read_page
from storage.records import Record
from storage.records.prediction import DEFAULT_VARIANT, Prediction
from storage.tables import TrainingPredictionRow

EPOCH_SLACK = 1e-6
"""A Trainer adds its epochs up from fractions: 3.0000000001 is the end of the third."""

KEY = ("job_id", "variant", "step", "sample_index", "repeat")
NEW = """jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
    job_id uuid, variant text, step bigint, sample_index bigint, repeat bigint, sample_id text, epoch double precision,
    prompt text, ground_truth text, prediction text, failure text, truncated boolean, metrics jsonb, seed bigint,
    adapter_hash text, base_revision text, template_hash text, dtype text, generation jsonb, tokens_in bigint,
    tokens_out bigint, latency_seconds double precision, created_at timestamptz)"""
COLUMNS = """job_id, variant, step, sample_index, repeat, sample_id, epoch, prompt, ground_truth, prediction, failure,
    truncated, metrics, seed, adapter_hash, base_revision, template_hash, dtype, generation, tokens_in, tokens_out,
    latency_seconds"""

GIVE_WAY = text("""
    DELETE FROM training_predictions AS old
    USING jsonb_to_recordset(CAST(:answered AS jsonb)) AS new(
        job_id uuid, variant text, step bigint, sample_index bigint, repeat bigint)
    WHERE old.job_id = new.job_id AND old.variant = new.variant AND old.step = new.step
        AND old.sample_index = new.sample_index AND old.repeat = new.repeat AND old.failure IS NOT NULL
""")
INSERT = text(f"""
    INSERT INTO training_predictions (user_id, {COLUMNS}, created_at)
    SELECT current_setting('evalflows.user_id'), {COLUMNS}, coalesce(created_at, now()) FROM {NEW}
    ON CONFLICT DO NOTHING RETURNING step
""")


class StepCount(Record):
    """What one variant of a job has of one step.

    Attributes:
        epoch: Epochs done at it; None where it is not known.
        predictions: Rows, failed ones included.
        failed: Rows without a prediction.
        last_at: When the last of them was made.
    """

    step: int
    epoch: float | None
    predictions: int
    failed: int
    last_at: AwareDatetime


class EpochCount(Record):
    """What one variant of a job has of one epoch.

    Attributes:
        epoch: From 1, the epoch the steps lie in, its end included; 0 is before the first; None is not known.
        steps: Steps with predictions.
        last_step: The last of them.
        predictions: Rows, failed ones included.
        failed: Rows without a prediction.
        last_at: When the last of them was made.
    """

    epoch: int | None
    steps: int
    last_step: int
    predictions: int
    failed: int
    last_at: AwareDatetime


async def save_predictions(session: AsyncSession, rows: Sequence[Prediction]) -> int:
    """Insert what is new; returns how many. An answered row stays, a failed one gives way to an answered one.

    Saving the same rows twice changes nothing. To be called in a transaction: it takes two statements.
    """
    if not rows:
        return 0
    first_answered = sorted(rows, key=lambda row: row.failure is not None)
    unique = {tuple(getattr(row, name) for name in KEY): row for row in reversed(first_answered)}
    answered = [dict(zip(KEY, key, strict=True)) for key, row in unique.items() if row.failure is None]
    await session.execute(GIVE_WAY, {"answered": to_json(storable_value(answered))})
    return len((await session.execute(INSERT, {"rows": json_rows(unique.values())})).all())


async def predicted_keys(
    session: AsyncSession, job_id: UUID, variant: str = DEFAULT_VARIANT, step: int = 0
) -> set[tuple[int, int]]:
    """Sample index and repeat of each answered row of a step; a failed one may be asked again."""
    row = TrainingPredictionRow
    query = select(row.sample_index, row.repeat).where(
        row.job_id == job_id, row.variant == variant, row.step == step, row.failure.is_(None)
    )
    return {(sample_index, repeat) for sample_index, repeat in await session.execute(query)}


async def list_predictions(
    session: AsyncSession,
    job_id: UUID,
    *,
    variant: str = DEFAULT_VARIANT,
    epoch: int | None = None,
    step: int | None = None,
    sample_index: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[Prediction]:
    """The rows of a variant by step, sample and repeat; `limit` 0 means all.

    Args:
        session: Open session, acting as the job's user.
        job_id: The job.
        variant: Which of its variants.
        epoch: Only steps in this epoch, counted as `EpochCount` does; None means all.
        step: Only this step; None means all.
        sample_index: Only this sample; None means all.
        limit: Most rows.
        offset: Rows to skip.
    """
    row = TrainingPredictionRow
    query = select(row).where(row.job_id == job_id, row.variant == variant)
    query = query.order_by(row.step, row.sample_index, row.repeat)
    if epoch is not None:
        query = query.where(row.epoch > epoch - 1 + EPOCH_SLACK, row.epoch <= epoch + EPOCH_SLACK)
    if step is not None:
        query = query.where(row.step == step)
    if sample_index is not None:
        query = query.where(row.sample_index == sample_index)
    rows, total = await read_page(session, query, limit, offset)
    return Page(tuple(_prediction(found[0]) for found in rows), total, limit, offset)


async def list_steps(session: AsyncSession, job_id: UUID, variant: str = DEFAULT_VARIANT) -> list[StepCount]:
    """The steps that have rows, in order."""
    row = TrainingPredictionRow
    query = _counted(select(row.step, func.max(row.epoch).label("epoch")), job_id, variant)
    found = await session.execute(query.group_by(row.step).order_by(row.step))
    return [StepCount.model_validate(one, from_attributes=True) for one in found]


async def list_epochs(session: AsyncSession, job_id: UUID, variant: str = DEFAULT_VARIANT) -> list[EpochCount]:
    """The epochs that have rows, in order; rows whose epoch is not known come last."""
    row = TrainingPredictionRow
    epoch = func.ceil(row.epoch - EPOCH_SLACK).label("epoch")
    steps = func.count(row.step.distinct()).label("steps")
    query = _counted(select(epoch, steps, func.max(row.step).label("last_step")), job_id, variant)
    found = await session.execute(query.group_by(epoch).order_by(epoch))
    return [EpochCount.model_validate(one, from_attributes=True) for one in found]


def _counted(query: Select[*tuple[Any, ...]], job_id: UUID, variant: str) -> Select[*tuple[Any, ...]]:
    """The query on the rows of a variant, with their number, that of the failed ones, and the time of the last."""
    row = TrainingPredictionRow
    return query.add_columns(
        func.count().label("predictions"),
        func.count(row.failure).label("failed"),
        func.max(row.created_at).label("last_at"),
    ).where(row.job_id == job_id, row.variant == variant)


def _prediction(row: TrainingPredictionRow) -> Prediction:
    return Prediction.model_validate({name: getattr(row, name) for name in Prediction.model_fields})
