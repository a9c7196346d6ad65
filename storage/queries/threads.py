"""Queries on `threads`: which content of a thread is current, and reading threads back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.page import Page, read_page
from storage.records import Record, Thread
from storage.tables import ThreadRow


class StoredThread(Record):
    """A row of `threads`."""

    id: UUID
    app: str
    content_hash: str
    message_count: int
    last_seen_at: datetime
    thread: Thread


def current_threads(
    app: str, *, since: datetime | None = None, thread_ids: Sequence[str] = (), sample: int = 0, seed: int = 0
) -> Select[*tuple[Any, ...]]:
    """Query of the current content of each stored thread of an app, in the order of their ids.

    Args:
        app: Which bot.
        since: Only threads active at or after this time; None means all.
        thread_ids: Only these; empty means all.
        sample: The so many with the smallest SHA-256 of `seed:id`; 0 means all.
        seed: Seed of the sample.
    """
    row = ThreadRow
    query = (
        select(row.id, row.external_id, row.content_hash, row.message_count)
        .where(row.app == app)
        .ext(distinct_on(row.external_id))
        .order_by(row.external_id, row.last_seen_at.desc(), row.id)
    )
    if thread_ids:
        query = query.where(row.external_id.in_(thread_ids))
    newest = query.subquery()
    chosen = select(newest)
    if since is not None:
        chosen = chosen.join(row, row.id == newest.c.id).where(func.coalesce(row.last_active, row.created_at) >= since)
    if sample:
        key = func.sha256(func.convert_to(cast(literal(seed), Text) + ":" + newest.c.external_id, "UTF8"))
        chosen = chosen.order_by(key).limit(sample)
    picked = chosen.subquery()
    return select(picked).order_by(picked.c.external_id)


def thread_from(row: ThreadRow, thread_id: str | None = None) -> Thread:
    """The record of a row, under the id it has in a run where that differs."""
    return Thread.model_validate(
        {
            "external_id": thread_id or row.external_id,
            "user_id": row.user_id,
            "name": row.name,
            "messages": row.messages,
            "labelled_success": row.labelled_success,
            "created_at": row.created_at,
            "last_active": row.last_active,
            "metadata": row.metadata_,
        }
    )


async def read_threads(session: AsyncSession, rows: Sequence[UUID]) -> dict[UUID, StoredThread]:
    """The threads with these row ids."""
    if not rows:
        return {}
    found = (await session.execute(select(ThreadRow).where(ThreadRow.id == func.any(list(rows))))).scalars()
    return {row.id: stored_from(row) for row in found}


def stored_from(row: ThreadRow) -> StoredThread:
    """The record of a row with what the table adds."""
    return StoredThread(
        id=row.id,
        app=row.app,
        content_hash=row.content_hash,
        message_count=row.message_count,
        last_seen_at=row.last_seen_at,
        thread=thread_from(row),
    )


async def list_threads(
    session: AsyncSession, *, app: str | None = None, limit: int = 100, offset: int = 0
) -> Page[StoredThread]:
    """Stored contents by app and id, the current one of each thread first; `limit` 0 means all."""
    row = ThreadRow
    query = select(row).order_by(row.app, row.external_id, row.last_seen_at.desc(), row.id)
    if app is not None:
        query = query.where(row.app == app)
    rows, total = await read_page(session, query, limit, offset)
    return Page(tuple(stored_from(found[0]) for found in rows), total, limit, offset)
