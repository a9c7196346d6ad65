"""Versions of the schema: what this code needs, what a database has. Needs no Alembic."""

from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from storage.errors import DatabaseUnusable

MIGRATIONS: Final = Path(__file__).parent / "migrations"


@cache
def needed_revision() -> str:
    """The newest migration's revision: the number its file's name begins with."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def found_revision(connection: Connection) -> str | None:
    """The schema's revision; None in a database without our tables."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def is_current(found: str | None) -> bool:
    """Whether the schema is the one this code needs.

    Raises:
        DatabaseUnusable: A newer version of evalflows has migrated it.
    """
    if found is not None and found > needed_revision():
        raise DatabaseUnusable(
            f"the database was migrated by a newer evalflows (schema {found}, this one knows {needed_revision()}): "
            "upgrade evalflows"
        )
    return found == needed_revision()
