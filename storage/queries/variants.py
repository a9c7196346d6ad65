"""Queries on `training_variants`: the prompts and settings that a variant of a job is pinned to."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.jobs import USER
from storage.queries.json_rows import storable_value
from storage.records.prediction import Variant
from storage.tables import TrainingVariantRow


async def pin_variant(session: AsyncSession, variant: Variant) -> Variant:
    """Pin a variant of a job where it is not pinned yet: the first wins. Returns what is pinned, to be compared."""
    values = {**storable_value(variant.model_dump()), "user_id": USER}
    await session.execute(insert(TrainingVariantRow).values(values).on_conflict_do_nothing())
    row = TrainingVariantRow
    query = select(row).where(row.job_id == variant.job_id, row.variant == variant.variant)
    return _variant((await session.execute(query)).scalar_one())


async def list_variants(session: AsyncSession, job_id: UUID) -> list[Variant]:
    """The variants of a job, the first pinned first."""
    row = TrainingVariantRow
    query = select(row).where(row.job_id == job_id).order_by(row.created_at, row.variant)
    return [_variant(found) for found in (await session.execute(query)).scalars()]


def _variant(row: TrainingVariantRow) -> Variant:
    return Variant.model_validate({name: getattr(row, name) for name in Variant.model_fields})
