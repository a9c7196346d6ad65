"""The first look at a database: who we are there, and which schema it has."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import cannot_connect, require_server_version
from storage.errors import DatabaseUnusable
from storage.revisions import found_revision, is_current
from storage.roles import Role

WHO = text(
    "SELECT current_user::text AS name, rolsuper OR rolbypassrls AS is_powerful,"
    " current_setting('server_version_num')::int AS version FROM pg_roles WHERE rolname = current_user"
)


@dataclass(frozen=True)
class Look:
    """What a first connection found."""

    user: str
    is_powerful: bool
    is_current: bool


async def look(engine: AsyncEngine, parameters: Mapping[str, str]) -> Look:
    """Connect, and see who we are and whether the schema is current. The connection stays in the pool.

    Raises:
        DatabaseUnusable: We cannot connect, or the server is too old, or the schema too new.
        DatabaseUnavailable: We cannot connect, for a reason that may pass.
    """
    try:
        async with engine.connect() as connection:
            who = (await connection.execute(WHO)).one()
            require_server_version(who.version)
            try:
                current = is_current(await connection.run_sync(found_revision))
            except ProgrammingError:  # a schema whose rights are not granted yet
                current = False
            return Look(user=who.name, is_powerful=who.is_powerful, is_current=current)
    except OperationalError as error:
        raise cannot_connect(error, parameters) from error


def refuse_powerful(found: Look, role: Role) -> None:
    """Refuse to work as a role that row-level security does not hold; the owner may be one."""
    if role != "owner" and found.is_powerful:
        raise DatabaseUnusable(
            f"the role {found.user!r} is a superuser or has BYPASSRLS, so row-level security would not hold: "
            f"ask an administrator to run: ALTER ROLE {found.user} NOSUPERUSER NOBYPASSRLS;"
        )
