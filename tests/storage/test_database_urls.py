"""Database URLs: libpq's rules, and what is said about one that cannot be read."""

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from settings import Settings
from storage.connection import connection_parameters
from storage.database import open_database
from storage.engine import require_server_version
from storage.errors import DatabaseUnusable
from storage.urls import describe, format_url, parse_url, redact
from tests.fixtures.external_postgres import url_settings


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h:5433/d",
        "postgres://u:p%40%3A%2F%25@h/d?sslmode=require&connect_timeout=3",
        "postgresql+psycopg://u@/d?host=%2Frun%2Fpostgresql",
        "postgresql://u@%2Frun%2Fwith%20space/d",
        "postgresql://h1:1,h2:2/d?target_session_attrs=read-write",
        "postgresql://[::1]:5432/d",
        "postgresql://u@h",
        "postgresql://",
        "postgresql://?service=mine",
        "postgresql://h/d?options=-c%20work_mem%3D5MB",
    ],
)
def test_a_url_means_the_same_after_a_round_trip(url: str) -> None:
    parsed = parse_url(SecretStr(url), "VARIABLE")
    expected = conninfo_to_dict(url.replace("+psycopg", ""))
    assert parsed == expected
    assert conninfo_to_dict(format_url(parsed)) == expected


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///file.db", "starts with 'sqlite://'"),
        ("mysql://u:secret@h/d", "starts with 'mysql://'"),
        ("postgresql+asyncpg://u:secret@h/d", "starts with 'postgresql\\+asyncpg://'"),
        ("host=h dbname=d password=secret", "has no scheme"),
        ("secret", "has no scheme"),
        ("postgresql://u:secret%zz@h/d", "%40 %2F %3A %25"),
        ("postgresql://u:p@h/d?no_such_option=secret", "cannot be read"),
        ("postgresql://u:p@[h/secret", "cannot be read"),
    ],
)
async def test_a_url_that_cannot_be_read_is_refused_without_showing_it(url: str, said: str) -> None:
    with pytest.raises(DatabaseUnusable, match=said) as refused:
        await open_database(url_settings(url))
    assert "EVALFLOWS_DATABASE_URL" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_owner_url_alone_is_refused() -> None:
    settings = Settings.model_validate({"database_owner_url": "postgresql://u@h/d"})
    with pytest.raises(DatabaseUnusable, match="set both or neither"):
        connection_parameters(settings, "app")


def test_the_owner_uses_its_own_url_and_the_roles_the_other() -> None:
    settings = url_settings("postgresql://plain@h/d", "postgresql://owner@h/d")
    assert connection_parameters(settings, "owner")["user"] == "owner"
    app = connection_parameters(settings, "app")
    assert (app["user"], app["options"]) == ("plain", "-c role=evalflows_app")


def test_a_login_that_is_the_role_itself_needs_no_startup_option() -> None:
    settings = url_settings("postgresql://evalflows_app@pooler:6432/d")
    assert "options" not in connection_parameters(settings, "app")
    assert connection_parameters(settings, "read")["options"] == "-c role=evalflows_read"


def test_a_password_is_taken_out_of_a_message_plain_and_escaped() -> None:
    parameters = {"password": "p@ss", "host": "h", "dbname": "d", "port": "1"}
    assert redact("p@ss and 'p%40ss'", parameters) == "*** and '***'"
    assert redact("port", {"password": "p"}) == "port"
    assert redact("port", {}) == "port"
    assert describe(parameters) == "database 'd' on h:1"


@pytest.mark.parametrize("version", [90624, 100023, 130014])
def test_a_server_older_than_14_is_refused(version: int) -> None:
    with pytest.raises(DatabaseUnusable, match=f"is Postgres {version // 10_000}, but evalflows needs 14 or later"):
        require_server_version(version)


@pytest.mark.parametrize("version", [140000, 180004])
def test_a_server_from_14_on_is_accepted(version: int) -> None:
    require_server_version(version)
