"""Engines: psycopg 3 under SQLAlchemy, its errors told in our words."""

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import await_only

from storage.errors import DatabaseUnavailable, DatabaseUnusable
from storage.urls import describe, redact

DRIVER = "postgresql+psycopg://"
DEFAULTS = {"application_name": "evalflows", "connect_timeout": "10"}
OLDEST = 14
PASSING = (  # what a server says that is there and will answer in a while
    "starting up",
    "shutting down",
    "recovery mode",
    "not yet accepting connections",
    "too many",
    "connection slots",
    "closed the connection unexpectedly",
)


def async_engine(
    parameters: Mapping[str, str], pool_size: int, before_connecting: Callable[[], None] | None = None
) -> AsyncEngine:
    """An engine whose connections are tested before use, so that a restarted server is noticed in time.

    Args:
        parameters: What libpq is told.
        pool_size: Most connections.
        before_connecting: Called, in a thread, before each new connection; what it raises is raised where the
            connection was wanted.
    """
    engine = create_async_engine(
        DRIVER,
        connect_args={**DEFAULTS, **parameters},
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        use_native_hstore=False,
        json_serializer=to_json,
        json_deserializer=orjson.loads,
    )
    if before_connecting is not None:

        @event.listens_for(engine.sync_engine, "do_connect")
        def prepare(*_: object) -> None:  # pyright: ignore[reportUnusedFunction]
            await_only(asyncio.to_thread(before_connecting))

    return engine


@contextmanager
def single_transaction(parameters: Mapping[str, str]) -> Generator[Connection]:
    """One connection and one transaction, committed at the end of the block.

    Raises:
        DatabaseUnusable: We cannot connect.
        DatabaseUnavailable: We cannot connect, for a reason that may pass, or the connection broke.
    """
    engine = create_engine(DRIVER, connect_args={**DEFAULTS, **parameters}, poolclass=NullPool, use_native_hstore=False)
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise cannot_connect(error, parameters) from error
    with connection, unavailable_is_ours(), connection.begin():
        yield connection


def to_json(value: Any) -> str:  # noqa: ANN401
    """JSON of a value, as text."""
    return orjson.dumps(value).decode()


def require_server_version(version: int) -> None:
    """Refuse a server older than Postgres 14.

    Args:
        version: As libpq counts: 140005 is 14.5.
    """
    if version < OLDEST * 10_000:
        raise DatabaseUnusable(f"the server is Postgres {version // 10_000}, but evalflows needs {OLDEST} or later")


def cannot_connect(error: DBAPIError, parameters: Mapping[str, str]) -> DatabaseUnavailable | DatabaseUnusable:
    """What to raise for a connection that was refused: one line, without the password."""
    text = redact(str(error.orig), parameters)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = lines[0] if lines else type(error.orig).__name__
    kind = DatabaseUnavailable if any(sign in text for sign in PASSING) else DatabaseUnusable
    return kind(f"cannot connect to {describe(parameters)}: {told.removeprefix('connection failed: ')}")


@contextmanager
def unavailable_is_ours() -> Generator[None]:
    """Raise DatabaseUnavailable for what a later try may not meet: a lost connection, a full pool, a deadlock."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnavailable(f"the database did not answer: {str(error.orig).strip()}") from error
    except PoolTimeoutError as error:
        raise DatabaseUnavailable("no connection to the database became free in time") from error
