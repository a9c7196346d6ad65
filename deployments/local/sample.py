"""The threads shipped with evalflows, in the embedded database, so that there is something to evaluate at once."""

from typing import TYPE_CHECKING

from deployments.local.environment import PROJECT_ROOT
from settings import Settings

if TYPE_CHECKING:
    from storage.database import Database

SAMPLE = PROJECT_ROOT / "tasks" / "sources" / "samples" / "threads"
SAMPLE_APP = "demo"


async def prepare_database(settings: Settings) -> None:
    """Start the database, bring its schema up to date, and import the sample into an embedded one that has none."""
    from storage.database import open_database

    database = await open_database(settings)
    try:
        if settings.database_url is None:
            await _import_sample(database)
    finally:
        await database.close()


async def _import_sample(database: "Database") -> None:
    from storage.queries.threads import list_threads

    async with database.session() as session:
        if (await list_threads(session, app=SAMPLE_APP, limit=1)).total:
            return
    from storage.queries.snapshots import save_threads  # these bring all of Prefect with them
    from tasks.load import SourceRequest, chunks, open_threads, parse_selection
    from tasks.sources.base import LoadReport

    request = SourceRequest(source=str(SAMPLE), selection=parse_selection((), limit=0, since=""))
    async with database.transaction() as session:
        async for chunk in chunks(await open_threads(request, LoadReport())):
            await save_threads(session, SAMPLE_APP, chunk)
