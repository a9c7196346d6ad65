"""A database session for one command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from storage.database import Database, open_database

ResultT = TypeVar("ResultT")


def with_database(work: Callable[[Database], Awaitable[ResultT]]) -> ResultT:
    """Open the database, do the work in a loop of its own, close the database."""

    async def do() -> ResultT:
        database = await open_database()
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(do())
