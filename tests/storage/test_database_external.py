"""Databases that are not ours: any login, over TCP with a password."""

import subprocess

import psycopg
import pytest
from sqlalchemy import text

from settings import Settings
from storage.database import Database, database_url, open_database
from storage.embedded.binaries import ENVIRONMENT
from storage.errors import DatabaseUnavailable, DatabaseUnusable
from storage.migrate import upgrade
from storage.roles import Role
from storage.urls import format_url
from tests.fixtures.external_postgres import ADMIN, PASSWORD, ExternalPostgres, url_settings

ADD_RUN = text(
    "INSERT INTO eval_runs (id, flow, app, status, judge_provider, params, versions)"
    " VALUES (gen_random_uuid(), 'f', 'a', 'running', 'rules', '{}', '{}')"
)
COUNT_RUNS = text("SELECT count(*) FROM eval_runs")


async def opened_as(settings: Settings, role: Role) -> tuple[str, str]:
    """Who is logged in, and who we are."""
    database = await open_database(settings, role)
    try:
        async with database.session() as session:
            row = (await session.execute(text("SELECT session_user::text, current_user::text"))).one()
            return row[0], row[1]
    finally:
        await database.close()


async def add_and_count(database: Database) -> int:
    async with database.transaction() as session:
        await session.execute(ADD_RUN)
    async with database.session() as session:
        return await session.scalar(COUNT_RUNS) or 0


@pytest.mark.parametrize("attributes", ["SUPERUSER", "CREATEROLE", "CREATEROLE BYPASSRLS"])
async def test_any_login_that_may_make_roles_migrates_and_works_as_app(
    external: ExternalPostgres, attributes: str
) -> None:
    settings = external.settings(attributes)
    database = await open_database(settings)
    assert await add_and_count(database) == 1
    await database.close()
    login, role = await opened_as(settings, "app")
    assert login.startswith("Login ")
    assert role == "evalflows_app"


async def test_row_level_security_holds_for_a_superusers_login(external: ExternalPostgres) -> None:
    settings = external.settings("SUPERUSER")
    upgrade(settings)
    with psycopg.connect(database_url(settings, "owner")) as connection:
        connection.execute("CREATE TABLE secrets AS SELECT 1 AS value")
        connection.execute("ALTER TABLE secrets ENABLE ROW LEVEL SECURITY")
        assert connection.execute("SELECT count(*) FROM secrets").fetchone() == (1,)
    with psycopg.connect(database_url(settings, "app")) as connection:
        assert connection.execute("SELECT count(*) FROM secrets").fetchone() == (0,)


async def test_a_second_database_of_the_cluster_works_with_the_same_roles(external: ExternalPostgres) -> None:
    login = external.new_login("CREATEROLE")
    for _ in range(2):
        settings = url_settings(external.url(login, external.new_database(login)))
        assert (await opened_as(settings, "app"))[1] == "evalflows_app"
        assert (await opened_as(settings, "read"))[1] == "evalflows_read"


async def test_a_login_without_rights_works_where_another_one_migrates(external: ExternalPostgres) -> None:
    owner, plain = external.new_login("CREATEROLE"), external.new_login()
    name = external.new_database(owner)
    settings = url_settings(external.url(plain, name), external.url(owner, name))
    assert await opened_as(settings, "app") == (plain, "evalflows_app")
    assert await opened_as(settings, "read") == (plain, "evalflows_read")
    database = await open_database(settings)
    assert await add_and_count(database) == 1
    await database.close()


@pytest.mark.parametrize("who_was_first", ["nobody", "somebody else"])
async def test_what_an_administrator_must_run_is_said_and_is_enough(
    external: ExternalPostgres, who_was_first: str
) -> None:
    if who_was_first == "somebody else":
        upgrade(external.settings("CREATEROLE"))
    settings = external.settings("")
    with pytest.raises(DatabaseUnusable, match="ask an administrator to run: ") as refused:
        await open_database(settings)
    message = str(refused.value)
    assert "\n" not in message
    assert ("CREATE ROLE" in message) == (who_was_first == "nobody")
    with external.admin() as connection:
        connection.execute(message.partition("run: ")[2].encode())
    assert (await opened_as(settings, "app"))[1] == "evalflows_app"


@pytest.mark.parametrize("attribute", ["SUPERUSER", "BYPASSRLS"])
@pytest.mark.parametrize("role", ["app", "read"])
async def test_a_role_that_row_level_security_does_not_hold_is_refused(
    external: ExternalPostgres, role: Role, attribute: str
) -> None:
    settings = external.settings("SUPERUSER")
    upgrade(settings)
    with external.admin() as connection:
        connection.execute(f"ALTER ROLE evalflows_{role} {attribute}".encode())
        try:
            with pytest.raises(DatabaseUnusable, match=f"'evalflows_{role}' is a superuser or has BYPASSRLS"):
                await open_database(settings, role)
        finally:
            connection.execute(f"ALTER ROLE evalflows_{role} NO{attribute}".encode())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wr@ng"}, "password authentication failed"),
        ({"dbname": "nowhere"}, 'database "nowhere" does not exist'),
        ({"port": "1"}, "Connection refused"),
        ({"host": "no-such-host.invalid"}, "no-such-host.invalid"),
        ({"sslmode": "require"}, "SSL"),
        ({"user": "no body"}, "no body"),
    ],
    ids=str,
)
async def test_what_cannot_be_reached_is_one_line_without_the_password(
    external: ExternalPostgres, change: dict[str, str], said: str
) -> None:
    parameters = {**external.parameters(), **change}
    with pytest.raises(DatabaseUnusable) as refused:
        await open_database(url_settings(format_url(parameters)))
    message = str(refused.value)
    assert said in message
    assert "\n" not in message
    assert parameters["password"] not in message
    assert external.port == int(parameters["port"]) or "port 1" in message


async def test_a_login_that_may_not_make_tables_is_refused_with_the_way_out(external: ExternalPostgres) -> None:
    plain = external.new_login("CREATEROLE")
    name = external.new_database(ADMIN)
    with external.admin(name) as connection:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with pytest.raises(DatabaseUnusable, match="permission denied for schema public; set EVALFLOWS_DATABASE_OWNER_URL"):
        await open_database(url_settings(external.url(plain, name)))


async def test_after_a_restart_of_the_server_the_next_transaction_works(external: ExternalPostgres) -> None:
    database = await open_database(external.settings("SUPERUSER"))
    assert await add_and_count(database) == 1
    external.pg_ctl("restart", "-m", "fast")
    assert await add_and_count(database) == 2
    with pytest.raises(DatabaseUnavailable):
        await add_around_a_restart(database, external)
    assert await add_and_count(database) == 3
    await database.close()


async def add_around_a_restart(database: Database, external: ExternalPostgres) -> None:
    async with database.transaction() as session:
        await session.execute(ADD_RUN)
        external.pg_ctl("restart", "-m", "fast")
        await session.execute(ADD_RUN)


async def test_psql_accepts_the_url(external: ExternalPostgres) -> None:
    settings = external.settings("SUPERUSER")
    upgrade(settings)
    command = [external.binary_folder / "psql", database_url(settings, "read"), "-Atc", "SELECT current_user"]
    shown = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert shown.stdout == "evalflows_read\n"


async def test_options_of_the_url_are_kept_beside_the_role(external: ExternalPostgres) -> None:
    settings = external.settings("SUPERUSER")
    assert settings.database_url is not None
    url = f"{settings.database_url.get_secret_value()}?options=-c%20work_mem%3D5MB&application_name=mine"
    database = await open_database(url_settings(url.replace("postgresql://", "postgresql+psycopg://")))
    async with database.session() as session:
        shown = "SELECT current_setting('work_mem'), current_user::text, current_setting('application_name')"
        assert tuple((await session.execute(text(shown))).one()) == ("5MB", "evalflows_app", "mine")
    await database.close()


def test_the_password_is_in_no_repr_of_the_engine(external: ExternalPostgres) -> None:
    settings = external.settings("SUPERUSER")
    assert PASSWORD not in repr(settings)
