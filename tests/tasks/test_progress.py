"""Progress of a run whose database goes away in its last moment."""

from prefect import flow
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from deployments.local.server import LocalServer
from settings import Settings
from storage.database import Database
from storage.embedded import EmbeddedServer
from storage.queries.runs import find_run
from storage.run_lock import RunLock
from storage.writers import RunWriter
from tasks.ask import CallOptions
from tasks.progress import report_progress
from tasks.run import OpenRun
from tests.fixtures.database import superuser
from tests.storage.stored_runs import add_run

END = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"


async def test_the_last_progress_is_no_reason_to_fail(
    database: Database, settings: Settings, embedded_server: EmbeddedServer, prefect_server: LocalServer
) -> None:
    assert settings.database_url is not None
    name = str(conninfo_to_dict(settings.database_url.get_secret_value())["dbname"])
    run_id = await add_run(database)
    async with database.session() as session:
        record = await find_run(session, run_id)
    assert record is not None
    lock, writer = RunLock(database.engine, run_id), RunWriter(database, run_id, settings)
    run = OpenRun(record, False, settings, database, writer, lock, CallOptions())

    @flow
    async def work() -> int:
        with superuser(embedded_server) as other:
            async with report_progress(run):
                other.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(name)))
                other.execute(END, (name,))
                run.done = run.total = 1
        return run.done

    assert await work() == 1
