"""`evalflows run FLOW --queue`: hand the run to the flow's deployment."""

import asyncio
import sys
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import orjson
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow

from deployments.apply import apply
from deployments.cli.execute import unreachable
from deployments.cli.exits import DONE
from deployments.cli.flow_options import RunOptions
from deployments.cli.outcome import json_outcome
from tasks.errors import RunRefused
from tasks.paths import complete_paths


async def queue_run(flow: Flow[..., Any], options: RunOptions) -> int:
    """Schedule the run now; a worker (`evalflows up`) takes it. The deployment is made where it is missing.

    Raises:
        RunRefused: The Prefect API does not answer.
    """
    name = f"{flow.name}/{flow.name}"
    try:
        async with get_client() as client:
            try:
                await client.read_deployment_by_name(name)
            except ObjectNotFound:
                await asyncio.to_thread(apply)
        flow_run = await cast(Any, run_deployment)(
            name,
            parameters=complete_paths(options.parameters, Path.cwd()),
            timeout=0,
            idempotency_key=str(uuid4()),  # Prefect's client asks again where the server was too busy to answer
        )
    except httpx.TransportError as error:
        raise RunRefused(unreachable(error)) from error
    if options.json:
        sys.stdout.write(orjson.dumps(json_outcome(flow_run.id, "scheduled", None)).decode() + "\n")
    else:
        print(f"queued as {flow_run.id}; a worker takes it ('evalflows up' starts one)")
    return DONE
