"""Rows of a user's own database, streamed: the `sql:NAME` source."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from storage.errors import DatabaseUnusable

ROWS_AT_A_TIME = 1000


def stream_rows(url: str, query: str) -> Iterator[Mapping[str, Any]]:
    """Run a query with a server-side cursor and give its rows, by column name.

    Args:
        url: SQLAlchemy URL of any database whose driver is installed; `postgresql://` uses psycopg 3.
        query: One SELECT.

    Raises:
        DatabaseUnusable: The database or the query cannot be used; the message holds no password.
    """
    if not query.strip():
        raise DatabaseUnusable("a sql: source needs --query 'SELECT ...'")
    try:
        address = make_url(url)
        if address.drivername in ("postgres", "postgresql"):
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:  # ValueError: a port that is none
        # from None: what SQLAlchemy says may hold a part of the password, and tracebacks are logged
        raise DatabaseUnusable(f"the URL of the sql: source cannot be used: {type(error).__name__}") from None
    try:
        with engine.connect() as connection:
            # sent as written: no_parameters, so that neither a colon nor a percent sign means anything
            streamed = connection.execution_options(
                stream_results=True, max_row_buffer=ROWS_AT_A_TIME, no_parameters=True
            )
            with streamed.exec_driver_sql(query) as found:
                yield from (dict(row) for row in found.mappings())
    except SQLAlchemyError as error:
        why = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
        raise DatabaseUnusable(f"the query of the sql: source failed: {why}") from error
    finally:
        engine.dispose()
