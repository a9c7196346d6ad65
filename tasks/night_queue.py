"""What a queued run waits for, said in the progress of the run that waits for it."""

import asyncio
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import WorkerStatus
from prefect.exceptions import ObjectNotFound

from tasks.children import child_states
from tasks.run import OpenRun

LOOK_SECONDS = 5


async def say_why_it_waits(run: OpenRun, what: str, child: UUID) -> None:
    """Look now and then, for ever, and say it where the child is not begun: no worker is online, or none is free."""
    while True:
        try:
            why = await waits_for(child)
        except (httpx.HTTPError, ValueError) as error:
            why = f"the Prefect API does not answer ({type(error).__name__})"
        if why:
            run.message = f"{what}: {why}"
        await asyncio.sleep(LOOK_SECONDS)


async def waits_for(child: UUID) -> str:
    """What a run waits for that is queued; empty where it is not."""
    state = (await child_states([child])).get(child)
    if state is None or not state.is_scheduled():
        return ""
    async with get_client() as client:
        try:
            pool = (await client.read_flow_run(child)).work_pool_name
            workers = await client.read_workers_for_work_pool(pool) if pool else []
        except ObjectNotFound:
            return ""
    if any(worker.status == WorkerStatus.ONLINE for worker in workers):
        return "queued, no worker has begun it yet"
    return f"queued, and no worker is online for the work pool {pool!r}: 'evalflows up' starts one"
