"""What a run leaves out that is to evaluate only what is not evaluated yet."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.fresh import Settling, settled_threads
from storage.records import Thread
from tasks.run import OpenRun


def settling_of(run: OpenRun, repeats: int) -> Settling:
    """What makes a thread evaluated for a run: rows of its evaluators, at its versions, by its judge."""
    versions = dict(run.record.versions)
    options = versions.pop("options", None)
    return Settling(app=run.record.app, judge=str(run.judge), versions=versions, options=options, repeats=repeats)


async def without_settled(
    session: AsyncSession, chunks: AsyncIterator[Sequence[Thread]], wanted: Settling, limit: int
) -> AsyncIterator[Sequence[Thread]]:
    """The threads that are not evaluated yet, some hundreds at a time, at most `limit` in all; 0: no limit."""
    left = limit
    async for chunk in chunks:
        known = await settled_threads(session, wanted, [(thread.external_id, thread.content_hash) for thread in chunk])
        fresh = [thread for thread in chunk if (thread.external_id, thread.content_hash) not in known]
        if not limit:
            yield fresh
            continue
        yield fresh[:left]
        left -= len(fresh)
        if left <= 0:
            return
