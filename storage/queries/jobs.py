"""Queries on `training_jobs` and `training_job_tokens`, and who asks: every query on them needs `acting_as` before.

Without a user, and for another user's job, Postgres shows no row and takes none.
"""

from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.json_rows import storable_value
from storage.queries.page import Page, read_page
from storage.records.prediction import TrainingJob
from storage.tables import JobTokenRow, TrainingJobRow

USER = func.current_setting("evalflows.user_id")


async def acting_as(session: AsyncSession, user_id: str) -> None:
    """Say whose rows this transaction may see and write; forgotten at its end."""
    await session.execute(text("SELECT set_config('evalflows.user_id', :user_id, true)"), {"user_id": user_id})


async def create_job(session: AsyncSession, job: TrainingJob) -> TrainingJob:
    """Insert a job and return it as stored; one that is there already is returned as it is.

    Raises:
        ValueError: The id is another user's job's.
    """
    row = TrainingJobRow
    values = storable_value(job.model_dump(exclude_none=True))
    await session.execute(insert(row).values(values).on_conflict_do_nothing(index_elements=[row.job_id]))
    stored = await find_job(session, job.job_id)
    if stored is None:
        raise ValueError(f"the job id {job.job_id} is taken")
    return stored


async def find_job(session: AsyncSession, job_id: UUID) -> TrainingJob | None:
    """The job; None where the user has none of this id."""
    row = (await session.execute(select(TrainingJobRow).where(TrainingJobRow.job_id == job_id))).scalar_one_or_none()
    return None if row is None else TrainingJob.model_validate(row, from_attributes=True)


async def list_jobs(session: AsyncSession, *, limit: int = 50, offset: int = 0) -> Page[TrainingJob]:
    """The user's jobs, newest first; `limit` 0 means all."""
    row = TrainingJobRow
    rows, total = await read_page(session, select(row).order_by(row.created_at.desc(), row.job_id), limit, offset)
    items = tuple(TrainingJob.model_validate(found[0], from_attributes=True) for found in rows)
    return Page(items, total, limit, offset)


async def start_job(session: AsyncSession, job_id: UUID) -> bool:
    """Write down that a training of the job starts now; False where the user has no such job."""
    return await _set(session, job_id, started_at=func.now(), finished_at=None, exit_code=None)


async def finish_job(session: AsyncSession, job_id: UUID, exit_code: int) -> bool:
    """Write down that its training has ended; False where the user has no such job."""
    return await _set(session, job_id, finished_at=func.now(), exit_code=exit_code)


async def _set(session: AsyncSession, job_id: UUID, **values: object) -> bool:
    row = TrainingJobRow
    query = update(row).where(row.job_id == job_id).values(values).returning(row.job_id)
    return (await session.execute(query)).scalar_one_or_none() is not None


async def delete_job(session: AsyncSession, job_id: UUID) -> bool:
    """Delete a job with all its predictions, variants, tokens and verdicts; False where the user has no such job."""
    row = TrainingJobRow
    query = delete(row).where(row.job_id == job_id).returning(row.job_id)
    return (await session.execute(query)).scalar_one_or_none() is not None


async def add_token(session: AsyncSession, job_id: UUID, token_hash: str) -> None:
    """Let rows of the job be signed with one more secret; those before stay valid.

    Args:
        session: Open session, acting as the job's user.
        job_id: The job.
        token_hash: SHA-256 (hex) of the secret.
    """
    values = {"job_id": job_id, "user_id": USER, "token_hash": token_hash}
    await session.execute(insert(JobTokenRow).values(values).on_conflict_do_nothing())


async def token_hashes(session: AsyncSession, job_id: UUID) -> tuple[str, ...]:
    """SHA-256 (hex) of each secret of the job, the newest first."""
    row = JobTokenRow
    query = select(row.token_hash).where(row.job_id == job_id).order_by(row.issued_at.desc(), row.token_hash)
    return tuple((await session.execute(query)).scalars())
