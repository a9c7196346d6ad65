"""The database: transactions, sessions, JSON, and what a fault is called."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from settings import Settings
from storage.database import Database, open_database
from storage.errors import DatabaseUnavailable
from storage.tables import ThreadRow

ADD = text(
    "INSERT INTO threads (app, external_id, content_hash, messages, message_count) VALUES ('a', :id, 'hash', '[]', 0)"
)
COUNT = text("SELECT count(*) FROM threads")


async def add(database: Database, name: str, error: Exception | None = None) -> None:
    async with database.transaction() as session:
        await session.execute(ADD, {"id": name})
        if error is not None:
            raise error


async def count(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(COUNT) or 0


async def test_a_transaction_commits_at_its_end(database: Database) -> None:
    await add(database, "kept")
    assert await count(database) == 1


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="mine"):
        await add(database, "lost", ValueError("mine"))
    assert await count(database) == 0


async def test_a_cancelled_transaction_leaves_nothing_and_a_clean_connection(database: Database) -> None:
    async def wait_in_transaction() -> None:
        async with database.transaction() as session:
            await session.execute(ADD, {"id": "lost"})
            started.set()
            await session.execute(text("SELECT pg_sleep(60)"))

    started = asyncio.Event()
    task = asyncio.create_task(wait_in_transaction())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(database) == 0


async def test_a_session_refuses_to_write(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await session.execute(ADD, {"id": "lost"})
    await add(database, "kept")
    assert await count(database) == 1


async def test_json_comes_back_as_it_was_given(database: Database) -> None:
    messages = [{"text": "caf\u00e9 \U0001f600 \u2028", "number": 1.5, "none": None, "list": [True]}]
    async with database.transaction() as session:
        session.add(ThreadRow(app="a", external_id="t", content_hash="h", messages=messages, message_count=1))
    async with database.session() as session:
        (found,) = (await session.execute(text("SELECT messages, metadata FROM threads"))).all()
    assert found == (messages, {})


async def test_a_connection_that_is_ended_under_a_transaction_is_a_fault_worth_a_retry(
    database: Database, settings: Settings
) -> None:
    with pytest.raises(DatabaseUnavailable, match="the database did not answer"):
        await add_after_being_ended(database, settings)
    await add(database, "kept")
    assert await count(database) == 1


async def add_after_being_ended(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        assert settings.database_url is not None
        url = settings.database_url.get_secret_value().replace("evalflows_owner@", "postgres@")
        async with await psycopg.AsyncConnection.connect(url) as other:
            await other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        await session.execute(ADD, {"id": "lost"})


async def test_more_tasks_than_connections_wait_for_each_other(settings: Settings) -> None:
    database = await open_database(settings.model_copy(update={"database_pool_size": 2}))
    await asyncio.gather(*(add(database, str(number)) for number in range(20)))
    assert await count(database) == 20
    await database.close()
