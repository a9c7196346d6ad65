"""`evalflows run FLOW --queue`: hand the run to the flow's deployment."""

import asyncio
import sys
from typing import Any, cast

import orjson
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow

from deployments.apply import apply
from deployments.cli.exits import DONE
from deployments.cli.flow_options import RunOptions


async def queue_run(flow: Flow[..., Any], options: RunOptions) -> int:
    """Schedule the run now; a worker (`evalflows up`) takes it. The deployment is made where it is missing."""
    name = f"{flow.name}/{flow.name}"
    async with get_client() as client:
        try:
            await client.read_deployment_by_name(name)
        except ObjectNotFound:
            await asyncio.to_thread(apply)
    flow_run = await cast(Any, run_deployment)(name, parameters=options.parameters, timeout=0)
    if options.json:
        sys.stdout.write(orjson.dumps({"run_id": str(flow_run.id), "status": "scheduled"}).decode() + "\n")
    else:
        print(f"queued as {flow_run.id}; a worker takes it ('evalflows up' starts one)")
    return DONE
