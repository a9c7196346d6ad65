"""Artifacts where Prefect's API is there, and where it is not."""

import asyncio

import httpx
import pytest
from prefect.logging import disable_run_logger

from tasks.artifacts import show


async def refuse() -> None:
    """What a call to an API ends in that is not there."""
    async with httpx.AsyncClient() as client:
        await client.get("http://127.0.0.1:9/")


async def test_an_api_that_is_away_costs_the_artifact_only() -> None:
    with disable_run_logger():
        assert await show(refuse()) is None
        assert await show(asyncio.sleep(0, "made")) == "made"
        with pytest.raises(ZeroDivisionError):
            await show(divide())


async def divide() -> float:
    """An error of our own, which is not to be hidden."""
    return 1 / 0
