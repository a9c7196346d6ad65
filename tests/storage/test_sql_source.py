"""Rows of a user's own database: streamed, by column name, and no error tells the password."""

import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from settings import Settings
from storage.errors import DatabaseUnusable
from storage.sql_source import stream_rows

SECRET = "s3cret-not-to-be-seen"


@pytest.fixture
def url(settings: Settings) -> str:
    assert settings.database_url is not None
    return settings.database_url.get_secret_value()


def test_rows_come_by_column_name(url: str) -> None:
    query = "SELECT n AS turn, 'caf\u00e9' AS \"Text of it\", NULL AS nothing FROM generate_series(1, 2500) AS n"
    found = list(stream_rows(url, query))
    assert len(found) == 2500
    assert found[-1] == {"turn": 2500, "Text of it": "caf\u00e9", "nothing": None}


def test_rows_are_streamed(url: str) -> None:
    rows = stream_rows(url, "SELECT generate_series(1, 100000000000) AS n")  # would fill memory and disk otherwise
    assert [row["n"] for row in islice(rows, 5)] == [1, 2, 3, 4, 5]
    rows.close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("SELECT 'a%b%%' AS x", "a%b%%"),
        ("SELECT ':key and :other' AS x", ":key and :other"),
        ("SELECT '12:30'::text AS x", "12:30"),
        ("SELECT '%s %(x)s' AS x", "%s %(x)s"),
        ("SELECT 'back\\slash' AS x", "back\\slash"),
        ("SELECT 'semicolon' AS x;\n", "semicolon"),
        ("WITH a AS (SELECT 'with' AS x) SELECT x FROM a -- :done", "with"),
    ],
)
def test_a_query_is_sent_as_it_was_written(query: str, value: str, url: str) -> None:
    assert list(stream_rows(url, query)) == [{"x": value}]


def test_any_database_with_a_driver_will_do(tmp_path: Path) -> None:
    import sqlite3

    file = tmp_path / "chats.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript("CREATE TABLE t (x); INSERT INTO t VALUES ('a'), ('b');")
    connection.close()
    assert list(stream_rows(f"sqlite:///{file}", "SELECT x FROM t ORDER BY x")) == [{"x": "a"}, {"x": "b"}]


@pytest.mark.parametrize("query", ["", "  \n"])
def test_no_query_is_refused(query: str, url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="needs --query"):
        list(stream_rows(url, query))


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT nothing FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELEC 1", "syntax error"),
        ("DELETE FROM threads", "syntax error"),
        ("SELECT 1/0", "division by zero"),
    ],
)
def test_a_query_that_fails_is_said_on_one_line(query: str, why: str, url: str) -> None:
    with pytest.raises(DatabaseUnusable, match=why) as caught:
        list(stream_rows(url, query))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://user:{SECRET}@127.0.0.1:9/db",
        f"postgresql://user:{SECRET}@127.0.0.1:port/db",
        f"postgresql://user:{SECRET}/{SECRET}@127.0.0.1/db",
        f"postgresql://127.0.0.1:9/db?password={SECRET}",
        f"postgresql://127.0.0.1:9/db?passwort={SECRET}",
        f"user:{SECRET}@host",
        f"nosuchdriver://user:{SECRET}@host/db",
        f"oracle://user:{SECRET}@host/db",
        f"://{SECRET}",
        "",
    ],
)
def test_no_error_tells_the_password_even_with_its_traceback(address: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from storage.sql_source import stream_rows\nfrom storage.errors import DatabaseUnusable\nimport sys\n"
        "try:\n    list(stream_rows(sys.argv[1], 'SELECT 1'))\n"
        "except DatabaseUnusable:\n    import traceback; traceback.print_exc()\n    sys.exit(3)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, program, address], capture_output=True, text=True, env={"PYTHONPATH": str(root)}, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "DatabaseUnusable: " in done.stderr
    assert SECRET not in done.stderr
