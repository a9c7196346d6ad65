"""Queries on `training_pairwise`: whether a judge finds a prediction better than that of an earlier step."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.jobs import USER
from storage.queries.json_rows import storable_value
from storage.records import Record
from storage.records.prediction import DEFAULT_VARIANT
from storage.tables import PairwiseVerdictRow


class PairwiseVerdict(Record):
    """A judge's verdict on one sample at two steps.

    Attributes:
        judge: As `openai:gpt-5-mini`.
        verdict: Of the prediction at `step` against that at `previous_step`; None where there is none.
        first_answer: What the judge said with the previous prediction shown first; None where it said nothing usable.
        second_answer: The same with the previous prediction shown last.
        reason: Why there is no verdict; else the judge's own words, if any.
        run_id: The flow run that asked; None outside one.
    """

    job_id: UUID
    variant: str = DEFAULT_VARIANT
    step: int
    previous_step: int
    sample_index: int
    repeat: int = 0
    judge: str
    verdict: Literal["better", "worse", "same"] | None = None
    first_answer: str | None = None
    second_answer: str | None = None
    reason: str | None = None
    run_id: UUID | None = None
    created_at: AwareDatetime | None = None


KEY = ("job_id", "variant", "step", "previous_step", "sample_index", "repeat", "judge")


async def save_verdicts(session: AsyncSession, verdicts: Sequence[PairwiseVerdict]) -> int:
    """Insert what is new; returns how many. A verdict stays, a row without one gives way to one that has it."""
    if not verdicts:
        return 0
    row = PairwiseVerdictRow
    decided = [tuple(getattr(each, name) for name in KEY) for each in verdicts if each.verdict is not None]
    if decided:
        key = tuple_(*(getattr(row, name) for name in KEY))
        await session.execute(delete(row).where(row.verdict.is_(None), key.in_(decided)))
    values = [{**storable_value(each.model_dump(exclude={"created_at"})), "user_id": USER} for each in verdicts]
    inserted = await session.execute(insert(row).values(values).on_conflict_do_nothing().returning(row.step))
    return len(inserted.all())


async def list_verdicts(
    session: AsyncSession, job_id: UUID, variant: str = DEFAULT_VARIANT, *, step: int | None = None
) -> list[PairwiseVerdict]:
    """The verdicts on a variant by step and sample, at this step only where it is named."""
    row = PairwiseVerdictRow
    query = select(row).where(row.job_id == job_id, row.variant == variant)
    query = query.order_by(row.step, row.previous_step, row.sample_index, row.repeat, row.judge)
    if step is not None:
        query = query.where(row.step == step)
    found = (await session.execute(query)).scalars()
    fields = PairwiseVerdict.model_fields
    return [PairwiseVerdict.model_validate({name: getattr(one, name) for name in fields}) for one in found]
