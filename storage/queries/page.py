"""A page of records read from a table, and how to make a data frame of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.records import Record

if TYPE_CHECKING:
    import pandas as pd

RecordT = TypeVar("RecordT", bound=Record)


@dataclass(frozen=True)
class Page(Generic[RecordT]):
    """Some of the records a query finds.

    Attributes:
        items: The records of this page.
        total: How many the query finds in all.
        limit: Most records on a page; 0 means all.
        offset: Records skipped before this page.
    """

    items: tuple[RecordT, ...]
    total: int
    limit: int
    offset: int

    def to_frame(self) -> "pd.DataFrame":
        """One row per record, one column per field."""
        import pandas as pd

        return pd.DataFrame([item.model_dump() for item in self.items])


async def read_page(
    session: AsyncSession, query: Select[*tuple[Any, ...]], limit: int, offset: int
) -> tuple[Sequence[Row[*tuple[Any, ...]]], int]:
    """Run an ordered query for one page.

    Args:
        session: Open session.
        query: The whole query, ordered.
        limit: Most rows; 0 means all.
        offset: Rows to skip.

    Returns:
        The page's rows and the number of rows the whole query finds.
    """
    total = (await session.execute(select(func.count()).select_from(query.order_by(None).subquery()))).scalar_one()
    page = query.offset(offset)
    return (await session.execute(page.limit(limit) if limit else page)).all(), total
