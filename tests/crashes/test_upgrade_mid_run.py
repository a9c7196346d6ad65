"""A run that was killed under the schema of an older evalflows goes on under this one."""

from pathlib import Path

import psycopg
from alembic import command

from deployments.local.server import LocalServer
from settings import Settings
from storage.connection import connection_parameters
from storage.engine import single_transaction
from storage.migrate import alembic_config
from tests.fixtures.command import RunCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

OLDER, THREADS = "0002", 6
HALF_DONE = (
    "DELETE FROM thread_evaluations WHERE thread_id IN ('t3', 't4', 't5')",
    "DELETE FROM api_logs WHERE item IN ('t4', 't5')",
    """UPDATE eval_runs SET status = 'running', finished_at = NULL, summary = NULL, completed = 0,
                            params = params - '{shards,fresh}'::text[]""",
)
UNITS = "SELECT thread_id, evaluator, verdict, score, reason, result FROM thread_evaluations ORDER BY 1, 2"


def test_a_run_killed_under_the_older_schema_is_finished_under_this_one(
    run_command: RunCommand,
    settings: Settings,
    prefect_server: LocalServer,
    model_server: LocalOpenAI,
    tmp_path: Path,
) -> None:
    options = ("--judge", "openai:anything", "--evaluators", "correctness", "--json")
    source = write_threads(tmp_path / "threads.csv", THREADS)
    run_id = run_command("run", "evaluate-threads", "--source", source, *options).json["run_id"]
    whole = rows(settings, UNITS)
    with single_transaction(connection_parameters(settings, "owner")) as connection:
        command.downgrade(alembic_config(connection), OLDER)
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        for statement in HALF_DONE:
            connection.execute(statement.encode())
    kept = rows(settings, "SELECT * FROM thread_evaluations ORDER BY thread_id")
    model_server.calls = 0

    assert run_command("db", "upgrade").code == 0
    done = run_command("run", "evaluate-threads", "--resume", run_id, "--json")

    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS), done
    assert rows(settings, UNITS) == whole
    assert rows(settings, "SELECT * FROM thread_evaluations ORDER BY thread_id")[: len(kept)] == kept
    assert model_server.calls == 2  # t3 had its answer
