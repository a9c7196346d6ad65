"""What is shown in Prefect: an API that is away costs the picture, never the run."""

from collections.abc import Awaitable
from typing import TypeVar

import httpx
from prefect.logging import get_run_logger

ShownT = TypeVar("ShownT")


async def show(making: Awaitable[ShownT]) -> ShownT | None:
    """Make or update an artifact; None, and a warning in the log, where Prefect's API does not take it."""
    try:
        return await making
    except httpx.HTTPError as error:
        get_run_logger().warning("not shown in Prefect: %s: %s", type(error).__name__, error)
        return None
