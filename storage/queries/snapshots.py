"""The snapshot of a run: contents streamed into `threads` and pinned in `run_threads`, in one transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import Select, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.page import Page, read_page
from storage.queries.threads import thread_from
from storage.records import Thread
from storage.tables import RunThreadRow, ThreadRow

STAGE = """
    CREATE TEMP TABLE IF NOT EXISTS staged_threads (
        position bigint, app text, external_id text, content_hash text, user_id text, name text, messages jsonb,
        message_count bigint, labelled_success boolean, metadata jsonb, created_at timestamptz,
        last_active timestamptz
    ) ON COMMIT DROP
"""

COPY = """
    COPY staged_threads (position, app, external_id, content_hash, user_id, name, messages, message_count,
                         labelled_success, metadata, created_at, last_active) FROM STDIN
"""

KEEP = text("""
    INSERT INTO threads AS old (app, external_id, content_hash, user_id, name, messages, message_count,
                                labelled_success, metadata, created_at, last_active)
    SELECT DISTINCT ON (app, external_id, content_hash)
           app, external_id, content_hash, user_id, name, messages, message_count, labelled_success, metadata,
           created_at, last_active
    FROM staged_threads
    ON CONFLICT (app, external_id, content_hash) DO UPDATE SET last_seen_at = clock_timestamp()
""")

PIN = text("""
    INSERT INTO run_threads (run_id, position, thread_id, thread_row)
    SELECT :run_id, staged.position, staged.external_id, kept.id
    FROM staged_threads AS staged
    JOIN threads AS kept USING (app, external_id, content_hash)
""")


@dataclass
class SnapshotHash:
    """Running SHA-256 over the pinned threads, in order, with their counts."""

    threads: int = 0
    messages: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def add(self, external_id: str, content_hash: str, messages: int) -> None:
        """Take one more thread in."""
        self.threads += 1
        self.messages += messages
        self._digest.update(f"{external_id}\x00{content_hash}\n".encode())

    def hexdigest(self) -> str:
        """The hash so far."""
        return self._digest.hexdigest()


async def _raw(session: AsyncSession) -> AsyncConnection[Any]:
    connection = await (await session.connection()).get_raw_connection()
    driver = connection.driver_connection
    return cast(AsyncConnection[Any], driver)


async def save_threads(
    session: AsyncSession,
    app: str,
    threads: Sequence[Thread],
    *,
    run_id: UUID | None = None,
    first_position: int = 0,
) -> None:
    """Keep contents that are new, and pin them to a run where one is named.

    Args:
        session: Open transaction; its temporary staging table goes with it.
        app: Which bot they are about.
        threads: A few hundred at a time.
        run_id: The run whose snapshot they join; None only imports.
        first_position: Position of the first of them in the snapshot.
    """
    if not threads:
        return
    raw = await _raw(session)
    await raw.execute(STAGE)
    async with raw.cursor().copy(COPY) as copy:
        for position, thread in enumerate(threads, first_position):
            await copy.write_row(
                (
                    position,
                    app,
                    thread.external_id,
                    thread.content_hash,
                    thread.user_id,
                    thread.name,
                    thread.messages_json.decode(),
                    len(thread.messages),
                    thread.labelled_success,
                    thread.model_dump_json(include={"metadata"})[len('{"metadata":') : -1],
                    thread.created_at,
                    thread.last_active,
                )
            )
    await session.execute(KEEP)
    if run_id is not None:
        await session.execute(PIN, {"run_id": run_id})
    await session.execute(text("TRUNCATE staged_threads"))


async def pin_stored_threads(
    session: AsyncSession, run_id: UUID, query: Select[*tuple[Any, ...]], limit: int = 0
) -> SnapshotHash:
    """Pin threads that are stored already to a run, in the query's order; `limit` 0 means all."""
    snapshot = SnapshotHash()
    found = await session.stream(query.limit(limit) if limit else query)
    async for part in found.partitions(2000):
        rows: list[dict[str, Any]] = []
        for row in part:
            rows.append(
                {"run_id": run_id, "position": snapshot.threads, "thread_id": row.external_id, "thread_row": row.id}
            )
            snapshot.add(row.external_id, row.content_hash, row.message_count)
        await session.execute(insert(RunThreadRow), rows)
    return snapshot


async def list_run_threads(session: AsyncSession, run_id: UUID, *, limit: int = 100, offset: int = 0) -> Page[Thread]:
    """The threads of a run's snapshot, in its order; `limit` 0 means all."""
    query = (
        select(ThreadRow, RunThreadRow.thread_id)
        .join(RunThreadRow, RunThreadRow.thread_row == ThreadRow.id)
        .where(RunThreadRow.run_id == run_id)
        .order_by(RunThreadRow.position)
    )
    rows, total = await read_page(session, query, limit, offset)
    return Page(tuple(thread_from(row, thread_id) for row, thread_id in rows), total, limit, offset)


async def intents_of_run(session: AsyncSession, run_id: UUID) -> dict[str, int]:
    """How often each intent, recorded or expected, occurs in a run's snapshot."""
    query = text("""
        SELECT intent, count(*) FROM run_threads AS item JOIN threads ON threads.id = item.thread_row
        CROSS JOIN LATERAL jsonb_array_elements(threads.messages) AS message
        CROSS JOIN LATERAL jsonb_array_elements_text(
            coalesce(message -> 'recorded_intents', '[]') || coalesce(message -> 'expected_intents', '[]')) AS intent
        WHERE item.run_id = :run_id GROUP BY intent ORDER BY count(*) DESC, intent
    """)
    return {intent: count for intent, count in await session.execute(query, {"run_id": run_id})}


async def query_types_of_run(session: AsyncSession, run_id: UUID) -> list[str]:
    """The query types, recorded or expected, that occur in a run's snapshot, the commonest first."""
    query = text("""
        SELECT query_type FROM run_threads AS item JOIN threads ON threads.id = item.thread_row
        CROSS JOIN LATERAL jsonb_array_elements(threads.messages) AS message
        CROSS JOIN LATERAL (
            VALUES (message ->> 'recorded_query_type'), (message ->> 'expected_query_type')) AS found (query_type)
        WHERE item.run_id = :run_id AND query_type IS NOT NULL GROUP BY query_type ORDER BY count(*) DESC, query_type
    """)
    return list((await session.execute(query, {"run_id": run_id})).scalars())
