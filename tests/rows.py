"""Rows as they stand in Postgres, read over a connection of the test's own."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from settings import Settings


def rows(settings: Settings, query: str, *values: object) -> list[dict[str, Any]]:
    """What a query finds."""
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        return connection.cursor(row_factory=dict_row).execute(query.encode(), values).fetchall()
