"""Row-level security of the training tables: Postgres shows a user their own rows, and no one else's to anybody."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from psycopg.sql import SQL, Identifier

from settings import Settings
from storage.connection import connection_parameters
from storage.database import Database, database_url, open_database
from storage.embedded import EmbeddedServer
from storage.engine import single_transaction
from storage.grants import WRITE_ONCE
from storage.migrate import alembic_config, upgrade
from storage.queries.jobs import add_token, find_job
from storage.queries.pairwise import PairwiseVerdict, save_verdicts
from storage.queries.predictions import save_predictions
from storage.queries.variants import pin_variant
from storage.roles import ROLE_NAMES, Role
from tests.fixtures.database import database_copy, superuser
from tests.storage.training_rows import acting, add_job, make_prediction, make_variant

TABLES = sorted({"training_jobs", *WRITE_ONCE})
CHILD = "INSERT INTO training_job_tokens (job_id, user_id, token_hash) VALUES (%s, %s, 'forged')"


@pytest.fixture(scope="module")
def settings(embedded_server: EmbeddedServer, template_database: str) -> Iterator[Settings]:
    """The process's settings, on a migrated database of this file alone."""
    with database_copy(embedded_server, template_database) as found:
        yield found


@pytest.fixture(scope="module")
async def jobs(settings: Settings) -> dict[str, UUID]:
    """One job of each of two users, with a row in every table."""
    database = await open_database(settings)
    made = {user: await full_job(database, user) for user in ("ada", "bob")}
    await database.close()
    return made


async def full_job(database: Database, user: str) -> UUID:
    job_id = await add_job(database, user)
    async with acting(database, user) as session:
        await pin_variant(session, make_variant(job_id))
        await add_token(session, job_id, "hash")
        await save_predictions(session, [make_prediction(job_id)])
        verdict = PairwiseVerdict(job_id=job_id, step=20, previous_step=10, sample_index=0, judge="rules")
        await save_verdicts(session, [verdict])
    return job_id


@contextmanager
def connected(settings: Settings, role: Role, user: str | None = None) -> Generator[psycopg.Connection]:
    """A connection as the role, which has said who its user is; what it does is rolled back."""
    with psycopg.connect(database_url(settings, role)) as connection:
        if user is not None:
            connection.execute("SELECT set_config('evalflows.user_id', %s, false)", (user,))
        yield connection
        connection.rollback()


def seen(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Whose rows each table shows."""
    query = SQL("SELECT user_id FROM {}")
    return {table: [u for (u,) in connection.execute(query.format(Identifier(table)))] for table in TABLES}


@pytest.mark.parametrize("role", ["owner", "app", "read"])
def test_the_roles_these_tests_act_as_are_held_by_row_level_security(settings: Settings, role: Role) -> None:
    asked = "SELECT current_user::text, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    with connected(settings, role) as connection:
        assert connection.execute(asked).fetchone() == (ROLE_NAMES[role], False, False)


def test_every_training_table_is_the_owners_and_forces_row_level_security_on_it(settings: Settings) -> None:
    asked = """SELECT relname::text, relrowsecurity, relforcerowsecurity, relowner::regrole::text FROM pg_class
        WHERE relkind = 'r' AND relname LIKE 'training\\_%' ORDER BY relname"""
    with connected(settings, "owner") as connection:
        assert connection.execute(asked).fetchall() == [(table, True, True, ROLE_NAMES["owner"]) for table in TABLES]


@pytest.mark.parametrize("role", ["owner", "app", "read"])
@pytest.mark.parametrize(("user", "own"), [("ada", ["ada"]), ("bob", ["bob"]), ("eve", []), ("", []), (None, [])])
def test_a_user_sees_their_own_rows_and_without_a_user_there_are_none(
    settings: Settings, jobs: dict[str, UUID], role: Role, user: str | None, own: list[str]
) -> None:
    with connected(settings, role, user) as connection:
        assert seen(connection) == dict.fromkeys(TABLES, own)


@pytest.mark.parametrize("role", ["owner", "app"])
@pytest.mark.parametrize("user", ["bob", "", None])
def test_nobody_else_deletes_a_users_rows_or_changes_their_job(
    settings: Settings, jobs: dict[str, UUID], role: Role, user: str | None
) -> None:
    with connected(settings, role, user) as connection:
        for table in TABLES:
            query = SQL("DELETE FROM {} WHERE job_id = %s").format(Identifier(table))
            assert connection.execute(query, (jobs["ada"],)).rowcount == 0
        changed = connection.execute("UPDATE training_jobs SET name = 'mine' WHERE job_id = %s", (jobs["ada"],))
        assert changed.rowcount == 0


@pytest.mark.parametrize("role", ["owner", "app"])
@pytest.mark.parametrize("user", ["bob", "", None])
def test_nobody_writes_rows_under_another_user(
    settings: Settings, jobs: dict[str, UUID], role: Role, user: str | None
) -> None:
    job = "INSERT INTO training_jobs (job_id, user_id, name, data) VALUES (%s, 'ada', 'forged', '')"
    with connected(settings, role, user) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), connection.transaction():
            connection.execute(job, (uuid4(),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), connection.transaction():
            connection.execute(CHILD, (jobs["ada"], "ada"))


@pytest.mark.parametrize("role", ["owner", "app"])
def test_a_user_hangs_no_row_on_another_users_job_and_gives_no_job_away(
    settings: Settings, jobs: dict[str, UUID], role: Role
) -> None:
    with connected(settings, role, "bob") as connection:
        with pytest.raises(psycopg.errors.ForeignKeyViolation), connection.transaction():
            connection.execute(CHILD, (jobs["ada"], "bob"))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), connection.transaction():
            connection.execute("UPDATE training_jobs SET user_id = 'ada'")


@pytest.mark.parametrize("role", ["owner", "app"])
def test_what_hangs_on_a_job_goes_with_it_and_nothing_else_does(
    settings: Settings, jobs: dict[str, UUID], role: Role
) -> None:
    with connected(settings, role, "ada") as connection:
        assert connection.execute("DELETE FROM training_jobs").rowcount == 1
        assert seen(connection) == {table: [] for table in TABLES}
        connection.execute("SELECT set_config('evalflows.user_id', 'bob', false)")
        assert seen(connection) == {table: ["bob"] for table in TABLES}


def test_a_prediction_never_changes_whoever_asks(
    settings: Settings, jobs: dict[str, UUID], embedded_server: EmbeddedServer
) -> None:
    update = "UPDATE training_predictions SET prediction = 'better'"
    with connected(settings, "app", "ada") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(update)
    with connected(settings, "owner", "ada") as connection, pytest.raises(psycopg.errors.RaiseException):
        connection.execute(update)
    database = connection_parameters(settings, "owner")["dbname"]
    with (
        superuser(embedded_server, database) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="never"),
    ):
        connection.execute(update)


async def test_a_user_is_forgotten_at_the_end_of_the_transaction(settings: Settings, jobs: dict[str, UUID]) -> None:
    database = await open_database(settings.model_copy(update={"database_pool_size": 1}))
    async with acting(database) as session:
        assert await find_job(session, jobs["ada"]) is not None
    async with database.transaction() as session:
        assert await find_job(session, jobs["ada"]) is None
    await database.close()


def test_an_upgrade_from_the_schema_before_leaves_no_right_to_change_predictions(empty_settings: Settings) -> None:
    with single_transaction(connection_parameters(empty_settings, "owner")) as connection:
        command.upgrade(alembic_config(connection), "0004")
        connection.exec_driver_sql(  # as that version's upgrades did
            "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO evalflows_app"
        )
    assert upgrade(empty_settings)
    asked = """SELECT relname::text, has_table_privilege('evalflows_app', oid, 'UPDATE') FROM pg_class
        WHERE relname = ANY(%s)"""
    with connected(empty_settings, "app") as connection:
        assert dict(connection.execute(asked, (TABLES,)).fetchall()) == {
            table: table not in WRITE_ONCE for table in TABLES
        }
