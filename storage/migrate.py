"""Upgrade the schema: one process at a time, in one transaction, together with the roles' rights."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from settings import Settings
from storage.connection import OWNER_VARIABLE, app_login, connection_parameters
from storage.engine import require_server_version, single_transaction
from storage.errors import DatabaseUnusable
from storage.grants import INSUFFICIENT_PRIVILEGE, ensure_roles, grant_rights, sqlstate
from storage.revisions import MIGRATIONS, found_revision, is_current, needed_revision

if TYPE_CHECKING:
    from alembic.config import Config

LOCK = 0x6576616C666C6F77  # "evalflow" in ASCII: the key of the advisory lock


def upgrade(settings: Settings) -> bool:
    """Bring the schema, the roles and their rights to this code's version. Returns False where the schema was there.

    Raises:
        DatabaseUnusable: The database cannot be migrated as it is configured.
        DatabaseUnavailable: It did not answer, for a reason that may pass.
    """
    parameters = connection_parameters(settings, "owner")
    return upgrade_database(parameters, app_login(settings))


def upgrade_database(parameters: Mapping[str, str], app_login: str | None = None) -> bool:
    """Upgrade the database that the libpq parameters name, as the login they name.

    Args:
        parameters: Whose login owns, or may make, the tables.
        app_login: A second login, to be let into the group roles; None where there is none.
    """
    try:
        with single_transaction(parameters) as connection:
            return _upgrade(connection, app_login)
    except DBAPIError as error:
        if sqlstate(error) != INSUFFICIENT_PRIVILEGE:
            raise
        raise DatabaseUnusable(
            f"cannot migrate: {str(error.orig).splitlines()[0]}; set {OWNER_VARIABLE} to a login that owns the database"
        ) from error


def alembic_config(connection: Connection) -> "Config":
    """Alembic's configuration, which has no file: our folder, this connection."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def _upgrade(connection: Connection, app_login: str | None) -> bool:
    require_server_version(_server_version(connection))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    current = is_current(found_revision(connection))
    own_login: str = connection.scalar(text("SELECT session_user::text")) or ""
    ensure_roles(connection, [own_login, *([app_login] if app_login else [])])
    if not current:
        from alembic import command  # takes longer to import than everything else here

        command.upgrade(alembic_config(connection), needed_revision())
    grant_rights(connection)
    return not current


def _server_version(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT current_setting('server_version_num')")) or 0)
