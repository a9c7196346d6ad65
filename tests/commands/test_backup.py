"""Backing up and restoring as docs/backup.md says: the same figures elsewhere, and a half-done run goes on there."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from deployments.local.down import down
from settings import Settings
from storage.database import database_url
from storage.embedded.account import server_account
from storage.embedded.binaries import binaries, run_binary
from storage.embedded.places import find_place
from tests.commands.conftest import CallCommand
from tests.fixtures.command import RunCommand
from tests.fixtures.database import new_home, remove_home
from tests.fixtures.external_postgres import external_server
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
AS_SUPERUSER = "&user=postgres"  # the owner does not see the rows of trainings
TRAINING = """WITH job AS (
        INSERT INTO training_jobs (job_id, user_id, name, data) VALUES (gen_random_uuid(), 'ada', 'shop', '')
        RETURNING job_id, user_id)
    INSERT INTO training_variants (job_id, user_id, variant, prompts_hash, settings_hash, settings)
    SELECT job_id, user_id, 'default', '', '', '{}' FROM job"""
FIGURES = "SELECT summary, completed, tokens_in FROM eval_runs WHERE id = %s"
RESULTS = "SELECT * FROM thread_results WHERE run_id = %s ORDER BY thread_id"


def postgres_tool(name: str, *arguments: str) -> None:
    """Run one of the wheel's programs, as the user who may read the server's socket."""
    place = find_place(Settings().home)
    account = server_account(place.data)
    code, printed = run_binary(account, [binaries(place, account) / name, *arguments], Path("/"))
    assert (code, printed) == (0, "")


@pytest.fixture
def other_home() -> Iterator[Path]:
    """A home that nothing has used; what runs there is stopped at the end."""
    home = new_home()
    yield home
    down(Settings(home=home))
    remove_home(home)


@pytest.fixture
def dump() -> Iterator[Path]:
    """Where a dump goes: a folder that the server's user may write to."""
    folder = new_home()
    folder.chmod(0o777)
    yield folder / "evalflows.dump"
    remove_home(folder)


@pytest.fixture
def runs(call_command: CallCommand, model_server: LocalOpenAI, tmp_path: Path, settings: Settings) -> list[str]:
    """A whole run, and one whose process is gone: it has its answers and not all of its rows."""
    source = write_threads(tmp_path / "few.csv", 4)
    ids: list[str] = []
    for _ in range(2):
        done = call_command(*FLOW, "--source", source, "--judge", "openai:anything", "--json")
        assert done.code == 0, done.stderr
        ids.append(done.json["run_id"])
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        connection.execute("SET evalflows.user_id = 'ada'")
        connection.execute(TRAINING)
        connection.execute("DELETE FROM thread_evaluations WHERE run_id = %s AND thread_id <> 't0'", (ids[1],))
        connection.execute("UPDATE eval_runs SET status = 'crashed', summary = NULL WHERE id = %s", (ids[1],))
    return ids


def test_what_was_backed_up_has_the_same_figures_elsewhere_and_goes_on_there(
    runs: list[str],
    dump: Path,
    other_home: Path,
    run_command: RunCommand,
    settings: Settings,
    model_server: LocalOpenAI,
) -> None:
    whole, half = runs
    postgres_tool("pg_dump", "-Fc", "-f", str(dump), database_url(settings, "owner") + AS_SUPERUSER)
    (other_home / "prefect").mkdir(mode=0o700)
    with (
        closing(sqlite3.connect(settings.home / "prefect" / "prefect.db")) as here,
        closing(sqlite3.connect(other_home / "prefect" / "prefect.db")) as there,
    ):
        here.backup(there)
    kept, judged = rows(settings, FIGURES, whole), rows(settings, RESULTS, whole)
    asked = model_server.calls

    other = {"EVALFLOWS_HOME": str(other_home), "EVALFLOWS_DATABASE_URL": ""}
    url = run_command("db", "url", "--role", "owner", **other).stdout.strip()
    postgres_tool("pg_restore", "--no-owner", "--no-acl", "--single-transaction", "-d", url, str(dump))
    assert run_command("db", "upgrade", **other).code == 0
    restored = settings.model_copy(update={"database_url": SecretStr(url)})
    assert rows(restored, FIGURES, whole) == kept
    assert rows(restored, RESULTS, whole) == judged
    resumed = run_command(*FLOW, "--resume", half, "--json", **other)
    assert (resumed.code, resumed.json["status"], resumed.json["completed"]) == (0, "completed", 4), resumed
    assert resumed.json["metrics"] == run_metrics(kept)
    assert model_server.calls == asked


def run_metrics(kept: list[dict[str, dict[str, dict[str, dict[str, float]]]]]) -> dict[str, dict[str, float]]:
    """The metrics of a summary as the command tells them."""
    metrics = kept[0]["summary"]["metrics"]
    return {name: {key: one[key] for key in ("value", "n", "low", "high")} for name, one in metrics.items()}


def test_a_dump_goes_into_a_server_that_has_no_roles_yet(
    runs: list[str], dump: Path, run_command: RunCommand, settings: Settings
) -> None:
    postgres_tool("pg_dump", "-Fc", "-f", str(dump), database_url(settings, "owner") + AS_SUPERUSER)
    with external_server("wheel 18") as server:
        login = server.new_login("CREATEROLE")
        url = server.url(login, server.new_database(login))
        postgres_tool("pg_restore", "--no-owner", "--no-acl", "--single-transaction", "-d", url, str(dump))
        assert run_command("db", "upgrade", EVALFLOWS_DATABASE_URL=url).code == 0
        listed = run_command("runs", "show", runs[0], "--json", EVALFLOWS_DATABASE_URL=url).json
        assert listed["summary"] == rows(settings, FIGURES, runs[0])[0]["summary"]
        read = run_command("db", "url", "--role", "read", EVALFLOWS_DATABASE_URL=url).stdout.strip()
        with psycopg.connect(read) as connection:
            assert connection.execute("SELECT count(*) FROM run_overview").fetchone() == (2,)
            assert connection.execute("SELECT count(*) FROM training_variants").fetchone() == (0,)
            connection.execute("SET evalflows.user_id = 'ada'")
            assert connection.execute("SELECT count(*) FROM training_variants").fetchone() == (1,)
