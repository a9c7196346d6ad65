"""A run whose lock another process holds by now."""

import asyncio
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from deployments.local.server import LocalServer
from flows.evaluate_threads import evaluate_threads
from settings import Settings
from storage.embedded import EmbeddedServer
from tests.fixtures.database import superuser
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

TAKE = """
    SELECT pg_terminate_backend(pid, 5000), pg_try_advisory_lock((classid::bigint << 32) | objid::bigint)
    FROM pg_locks
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def test_a_run_whose_lock_another_process_took_stops_and_leaves_the_row_to_it(
    model_server: LocalOpenAI,
    settings: Settings,
    embedded_server: EmbeddedServer,
    prefect_server: LocalServer,
    tmp_path: Path,
) -> None:
    model_server.latency_seconds = 600
    source = write_threads(tmp_path / "threads.csv", 1)
    run = asyncio.ensure_future(evaluate_threads(source=str(source), judge="openai:any", evaluators=["correctness"]))
    while not model_server.calls and not run.done():
        await asyncio.sleep(0.05)
    assert settings.database_url is not None
    name = conninfo_to_dict(settings.database_url.get_secret_value())["dbname"]
    with superuser(embedded_server, str(name)) as other:
        assert other.execute(TAKE).fetchall() == [(True, True)]
        with pytest.raises(asyncio.CancelledError):
            await run
        assert [row["status"] for row in rows(settings, "SELECT status FROM eval_runs")] == ["running"]
