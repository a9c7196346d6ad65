"""The group roles and what they may do; every upgrade brings them up to date."""

from collections.abc import Sequence

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from storage.errors import DatabaseUnusable
from storage.roles import ROLE_NAMES
from storage.tables import Base

VIEWS = (
    "reduced_evaluations",
    "thread_results",
    "run_overview",
    "metric_history",
    "spending_by_day",
    "unscored_by_reason",
    "call_health",
    "night_results",
    "live_runs",
)
WRITE_ONCE = frozenset({"training_variants", "training_predictions", "training_job_tokens", "training_pairwise"})
"""Tables whose rows are inserted and deleted, and never changed."""
APP, READ = ROLE_NAMES["app"], ROLE_NAMES["read"]
RACES = frozenset({"42710", "23505", "XX000"})  # another database's migration made the same role or grant meanwhile
INSUFFICIENT_PRIVILEGE = "42501"
ATTEMPTS = 5


def ensure_roles(connection: Connection, logins: Sequence[str]) -> None:
    """Make the group roles where they are missing, and let the logins switch to them.

    Roles belong to the whole cluster, so the migration of another database may make them at the same moment.

    Raises:
        DatabaseUnusable: The login may not; the message has the SQL for an administrator.
    """
    for attempt in range(ATTEMPTS):
        statements = _missing(connection, logins)
        if not statements:
            return
        try:
            with connection.begin_nested():
                for statement in statements:
                    connection.execute(text(statement))
        except DBAPIError as error:
            if sqlstate(error) == INSUFFICIENT_PRIVILEGE:
                raise DatabaseUnusable(
                    "the login may not set up the roles of evalflows; ask an administrator to run: "
                    + " ".join(f"{statement};" for statement in statements)
                ) from error
            if sqlstate(error) not in RACES or attempt == ATTEMPTS - 1:
                raise


def grant_rights(connection: Connection) -> None:
    """Give the group roles their rights on every table there is and every later one of this owner."""
    schema = _quoted(connection, connection.scalar(text("SELECT current_schema()")) or "public")
    tables = [table.name for table in Base.metadata.sorted_tables]
    relations = ", ".join([*tables, *VIEWS])
    changeable = ", ".join([*(name for name in tables if name not in WRITE_ONCE), *VIEWS])
    default = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT"
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {APP}, {READ}",
        f"GRANT SELECT, INSERT, DELETE ON {relations} TO {APP}",
        f"GRANT UPDATE ON {changeable} TO {APP}",
        f"GRANT SELECT ON {relations} TO {READ}",
        f"{default} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}",
        f"{default} USAGE, SELECT ON SEQUENCES TO {APP}",
        f"{default} SELECT ON TABLES TO {READ}",
        f"REVOKE UPDATE ON {', '.join(sorted(WRITE_ONCE))} FROM {APP}",  # the line above gives it as they are made
        f"REVOKE ALL ON alembic_version FROM {APP}, {READ}",
        f"GRANT SELECT ON alembic_version TO {APP}, {READ}",
    ):
        connection.execute(text(statement))


def sqlstate(error: DBAPIError) -> str | None:
    """The five characters Postgres names an error with; None for an error it did not send."""
    return getattr(error.orig, "sqlstate", None)


def _missing(connection: Connection, logins: Sequence[str]) -> list[str]:
    known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    statements = [f"CREATE ROLE {name} NOLOGIN" for name in (APP, READ) if name not in known]
    for login in logins:
        wanted = [READ] if login == APP else [] if login == READ else [APP, READ]
        lacking = [name for name in wanted if name not in known or not _may_switch(connection, login, name)]
        if lacking:
            statements.append(f"GRANT {', '.join(lacking)} TO {_quoted(connection, login)}")
    return statements


def _may_switch(connection: Connection, login: str, role: str) -> bool:
    has_set_right = (connection.dialect.server_version_info or ()) >= (16,)
    right = "SET" if has_set_right else "MEMBER"  # since 16 a member may lack the right to switch
    try:
        with connection.begin_nested():
            question = text("SELECT pg_has_role(CAST(:login AS name), CAST(:role AS name), :right)")
            return bool(connection.scalar(question, {"login": login, "role": role, "right": right}))
    except ProgrammingError as error:
        raise DatabaseUnusable(f"the login {login!r} of EVALFLOWS_DATABASE_URL does not exist on the server") from error


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
