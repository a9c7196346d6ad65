"""The roles: what each may do, on tables there are and on later ones."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from settings import Settings
from storage.database import database_url
from storage.embedded import EmbeddedServer
from storage.grants import VIEWS, WRITE_ONCE
from storage.migrate import upgrade
from storage.roles import Role
from storage.tables import Base
from tests.fixtures.external_postgres import ExternalPostgres

TABLES = [table.name for table in Base.metadata.sorted_tables]
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
READ, WRITE = {"SELECT"}, {"SELECT", "INSERT", "UPDATE", "DELETE"}


def rights(settings: Settings, role: Role, table: str) -> set[str]:
    with psycopg.connect(database_url(settings, role)) as connection:
        asked = "SELECT has_table_privilege(%s, %s)"
        return {right for right in RIGHTS if connection.execute(asked, (table, right)).fetchone() == (True,)}


@pytest.mark.parametrize(("role", "expected"), [("app", WRITE), ("read", READ)])
@pytest.mark.parametrize("table", [*TABLES, *VIEWS])
def test_app_reads_and_writes_and_read_only_reads(
    settings: Settings, role: Role, expected: set[str], table: str
) -> None:
    assert rights(settings, role, table) == expected - ({"UPDATE"} if table in WRITE_ONCE else set())


@pytest.mark.parametrize("role", ["app", "read"])
def test_nobody_but_the_owner_writes_the_schemas_version(settings: Settings, role: Role) -> None:
    assert rights(settings, role, "alembic_version") == READ


@pytest.mark.parametrize("role", ["app", "read"])
def test_nobody_but_the_owner_makes_tables(settings: Settings, role: Role) -> None:
    connection = psycopg.connect(database_url(settings, role), autocommit=True)
    with connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE mine (value int)")


def test_tables_the_owner_makes_later_have_the_same_rights(settings: Settings) -> None:
    with psycopg.connect(database_url(settings, "owner")) as connection:
        connection.execute("CREATE TABLE later (id bigserial, value int)")
    assert rights(settings, "app", "later") == WRITE
    assert rights(settings, "read", "later") == READ
    with psycopg.connect(database_url(settings, "app")) as connection:
        connection.execute("INSERT INTO later (value) VALUES (1)")
        assert connection.execute("SELECT id FROM later").fetchone() == (1,)


def test_the_embedded_server_logs_each_role_in_as_itself(embedded_server: EmbeddedServer) -> None:
    expected = {"owner": "evalflows_owner", "app": "evalflows_app", "read": "evalflows_read"}
    asked = "SELECT session_user::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    for role in ("owner", "app", "read"):
        with psycopg.connect(embedded_server.url(role)) as connection:
            assert connection.execute(asked).fetchone() == (expected[role], False)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_shows_a_reader_no_more_than_its_tables_do(external: ExternalPostgres, view: str) -> None:
    settings = external.settings("SUPERUSER")
    upgrade(settings)
    with psycopg.connect(database_url(settings, "owner")) as connection:
        options = connection.execute("SELECT reloptions FROM pg_class WHERE relname = %s", (view,)).fetchone()
        has_invoker = connection.info.server_version >= 150000
    assert options == ((["security_invoker=true"] if has_invoker else None),)


def test_a_role_that_another_database_makes_meanwhile_is_taken(external: ExternalPostgres) -> None:
    settings = external.settings("SUPERUSER")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE ROLE%%' AND wait_event_type = 'Lock'"
    with ThreadPoolExecutor() as pool, external.admin() as watcher, psycopg.connect(external.url()) as other:
        other.execute("CREATE ROLE evalflows_app NOLOGIN")
        upgraded = pool.submit(upgrade, settings)
        while watcher.execute(waiting).fetchone() != (1,):
            assert not upgraded.done()
            time.sleep(0.01)
        other.commit()
        assert upgraded.result()
    assert rights(settings, "app", "eval_runs") == WRITE
