"""While a run goes on in the command: the local Prefect server is started again where it died."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prefect.settings import PREFECT_API_URL

from deployments.local.server import LocalServerError, ensure_server, server_slot, server_status
from settings import Settings

LOOK_SECONDS = 0.5


@asynccontextmanager
async def server_kept(settings: Settings) -> AsyncGenerator[None]:
    """Look after the server of this home while the block runs, if it is the one this process speaks to.

    It comes back on the port it had; Prefect's client, which tries a request for a minute, then finds it.
    """
    keeping = asyncio.create_task(_keep(settings))
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def _keep(settings: Settings) -> None:
    server = await asyncio.to_thread(server_status, settings)
    if server is None or server.api_url != PREFECT_API_URL.value():
        return
    slot = server_slot(settings)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not slot.is_taken():
            with contextlib.suppress(LocalServerError):
                await asyncio.to_thread(ensure_server, settings)
