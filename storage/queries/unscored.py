"""How many rows of a run are unscored, and why, each repeat a row."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import ThreadEvaluationRow


async def count_unscored(session: AsyncSession, run_id: UUID) -> dict[str, int]:
    """Rows without a score by their reason, the commonest first."""
    row = ThreadEvaluationRow
    query = (
        select(row.reason, func.count())
        .where(row.run_id == run_id, row.reason.is_not(None))
        .group_by(row.reason)
        .order_by(func.count().desc(), row.reason)
    )
    return {reason: n for reason, n in await session.execute(query) if reason is not None}
