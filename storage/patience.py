"""Riding out a database that is away for a while."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from storage.errors import DatabaseUnavailable

ResultT = TypeVar("ResultT")


async def with_patience(work: Callable[[], Awaitable[ResultT]], patience_seconds: float) -> ResultT:
    """Do the work, again and again while the database does not answer.

    Args:
        work: Something that changes nothing when it is done twice: a commit that broke off may have been carried out.
        patience_seconds: After so long the fault is raised.

    Raises:
        DatabaseUnavailable: The database was away for too long.
    """
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(DatabaseUnavailable),
        stop=stop_after_delay(patience_seconds),
        wait=wait_random_exponential(multiplier=0.1, max=5),
        reraise=True,
    ):
        with attempt:
            return await work()
    raise AssertionError("unreachable: the last try raises")
