"""Migrations: equal to the models, up and down, and safe when several processes start at once."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from settings import Settings
from storage.connection import connection_parameters
from storage.database import open_database
from storage.engine import single_transaction
from storage.errors import DatabaseUnusable
from storage.grants import VIEWS
from storage.migrate import alembic_config, upgrade
from storage.revisions import MIGRATIONS, found_revision, needed_revision
from storage.tables import Base
from tests.fixtures.external_postgres import ExternalPostgres

ROOT = Path(__file__).parents[2]
OPEN = """
import asyncio, sys
from storage.database import open_database
async def main():
    database = await open_database()
    await database.close()
    print("alembic" in sys.modules)
asyncio.run(main())
"""
FIRST_ROWS = (
    """INSERT INTO eval_runs (id, flow, app, status, judge_provider, params, versions)
       VALUES ('00000000-0000-0000-0000-000000000001', 'f', 'shop', 'running', 'rules', '{}', '{}')""",
    """INSERT INTO api_logs (run_id, request_hash, item, method, provider, model, prompt, response, usable, duration_ms)
       SELECT id, 'hash', 't0', 'intent', 'openai', 'small', 'said', 'answered', true, 1 FROM eval_runs""",
    """INSERT INTO thread_evaluations (run_id, thread_id, evaluator, repeat, evaluator_version, judge, content_hash,
                                       verdict, result, created_at)
       SELECT id, 't0', 'correctness', 0, '1', 'rules', 'hash', 'PASS', '{}', now() FROM eval_runs""",
)


def difference(connection: Connection) -> list[object]:
    """What autogenerate would put into a migration."""
    context = MigrationContext.configure(connection, opts={"compare_server_default": True, "compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def relations(connection: Connection) -> set[str]:
    found = connection.scalars(text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
    return set(found)


def test_migrations_from_empty_down_and_up_again_equal_the_models(empty_settings: Settings) -> None:
    assert upgrade(empty_settings)
    with single_transaction(connection_parameters(empty_settings, "owner")) as connection:
        assert difference(connection) == []
        first = relations(connection)
        assert {table.name for table in Base.metadata.sorted_tables} | {*VIEWS} <= first
        command.downgrade(alembic_config(connection), "base")
        assert relations(connection) == {"alembic_version", "alembic_version_pkc"}
        assert found_revision(connection) is None
    assert upgrade(empty_settings)
    with single_transaction(connection_parameters(empty_settings, "owner")) as connection:
        assert difference(connection) == []
        assert relations(connection) == first


def test_rows_of_the_first_schema_go_up_and_erased_ones_come_back_down(empty_settings: Settings) -> None:
    with single_transaction(connection_parameters(empty_settings, "owner")) as connection:
        config = alembic_config(connection)
        command.upgrade(config, "0001")
        for statement in FIRST_ROWS:
            connection.execute(text(statement))
        command.upgrade(config, "head")
        row = connection.execute(text("SELECT tokens_cached, repeat, prompt FROM api_logs")).one()
        assert row == (0, 0, "said")
        assert connection.execute(text("SELECT worst_correctness FROM thread_results")).scalars().all() == ["PASS"]
        connection.execute(text("UPDATE api_logs SET prompt = NULL, response = NULL"))
        command.downgrade(config, "0001")
        row = connection.execute(text("SELECT prompt, usable FROM api_logs")).one()
        assert row == ("", False)  # an answer that is gone must not be used again
        assert connection.execute(text("SELECT worst_correctness, repeat FROM thread_results")).one() == ("PASS", 0)


def test_an_upgrade_of_what_is_current_changes_nothing(settings: Settings) -> None:
    assert not upgrade(settings)


def test_the_needed_revision_is_the_newest_one_alembic_knows() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [needed_revision()]
    assert sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")) == sorted(
        script.revision for script in scripts.walk_revisions()
    )


def open_elsewhere(url: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "EVALFLOWS_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", OPEN], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_four_processes_that_start_at_once_migrate_once(empty_settings: Settings) -> None:
    assert empty_settings.database_url is not None
    openers = [open_elsewhere(empty_settings.database_url.get_secret_value()) for _ in range(4)]
    told = [opener.communicate() for opener in openers]
    assert [opener.returncode for opener in openers] == [0] * 4, told
    assert not upgrade(empty_settings)


def test_two_databases_of_a_new_cluster_migrated_at_once_share_the_roles(external: ExternalPostgres) -> None:
    login = external.new_login("SUPERUSER")
    urls = [external.url(login, external.new_database(login)) for _ in range(2)]
    openers = [open_elsewhere(url) for url in urls for _ in range(2)]
    told = [opener.communicate() for opener in openers]
    assert [opener.returncode for opener in openers] == [0] * 4, told


def test_alembic_is_not_imported_where_there_is_nothing_to_migrate(settings: Settings) -> None:
    assert settings.database_url is not None
    opener = open_elsewhere(settings.database_url.get_secret_value())
    assert opener.communicate() == ("False\n", "")


async def test_an_older_schema_is_refused_where_it_may_not_be_migrated(empty_settings: Settings) -> None:
    upgrade(empty_settings)
    with single_transaction(connection_parameters(empty_settings, "owner")) as connection:
        command.downgrade(alembic_config(connection), "base")
    with pytest.raises(DatabaseUnusable, match="run `evalflows db upgrade`"):
        await open_database(empty_settings, migrate=False)
    with pytest.raises(DatabaseUnusable, match="run `evalflows db upgrade`"):
        await open_database(empty_settings, "read", migrate=False)


async def test_a_schema_from_the_future_is_refused(settings: Settings) -> None:
    with single_transaction(connection_parameters(settings, "owner")) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for migrate in (True, False):
        with pytest.raises(DatabaseUnusable, match=r"newer evalflows \(schema 9999.*upgrade evalflows"):
            await open_database(settings, migrate=migrate)


async def test_databases_opened_at_once_in_one_loop_migrate_once(empty_settings: Settings) -> None:
    databases = await asyncio.gather(*(open_database(empty_settings) for _ in range(4)))
    for database in databases:
        async with database.session() as session:
            assert await session.scalar(text("SELECT count(*) FROM eval_runs")) == 0
        await database.close()
