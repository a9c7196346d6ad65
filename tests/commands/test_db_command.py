"""`evalflows db`: URLs that libpq accepts, migrations, a check."""

import psycopg
import pytest
from psycopg import errors

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.fixtures.command import RunCommand


@pytest.mark.parametrize("role", ["owner", "app", "read"])
def test_the_url_of_each_role_connects_and_may_do_what_the_role_may(role: str, call_command: CallCommand) -> None:
    done = call_command("db", "url", "--role", role)
    assert (done.code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    insert = """INSERT INTO threads (app, external_id, content_hash, messages, message_count)
        VALUES ('a', 'b', 'c', '[]', 0)"""
    with psycopg.connect(done.stdout.strip(), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM eval_runs").fetchone() == (0,)
        if role == "read":
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(insert)
        else:
            connection.execute(insert)
        if role != "owner":
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("CREATE TABLE mine (id int)")


def test_the_default_url_is_the_one_of_the_role_app(call_command: CallCommand) -> None:
    assert call_command("db", "url").stdout == call_command("db", "url", "--role", "app").stdout


def test_an_empty_database_is_migrated_and_checked(run_command: RunCommand, empty_settings: Settings) -> None:
    upgraded = run_command("db", "upgrade")
    assert (upgraded.code, upgraded.stdout, upgraded.stderr) == (0, "the database is up to date\n", "")
    checked = run_command("db", "check")
    assert checked.code == 0
    assert checked.stdout.startswith("Postgres 1")
    assert "evalflows_app" in checked.stdout
    assert "up to date" in checked.stdout
