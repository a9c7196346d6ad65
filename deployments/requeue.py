"""Put a run that has ended back into the queue under its own id, so that a worker goes on with it."""

from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.states import Scheduled

from deployments.cli.execute import parse_run_id
from deployments.lost_runs import find_as_it_is
from storage.records import Run
from tasks.errors import RunRefused


async def requeue_run(text: str) -> UUID:
    """Schedule the run again, as Retry in the Prefect UI does; what it has stays. Returns its id.

    Raises:
        RunRefused: There is no such run, nothing is left to do in it, it is in progress or queued, or no worker can
            take it: it does not belong to a deployment.
    """
    run_id = parse_run_id(text)
    run = await find_as_it_is(run_id)
    if run is not None and run.status in ("running", "completed"):
        done = "is completed: nothing is left to do" if run.status == "completed" else "is in progress"
        raise RunRefused(f"run {run_id} {done}")
    try:
        await _schedule(run_id, run)
    except (httpx.HTTPError, ValueError) as error:
        raise RunRefused(f"no Prefect API answers: start 'evalflows up', or {_by_hand(run_id, run)}") from error
    return run_id


async def _schedule(run_id: UUID, run: Run | None) -> None:
    async with get_client() as client:
        try:
            flow_run = await client.read_flow_run(run_id)
        except ObjectNotFound as error:
            if run is None:
                raise RunRefused(f"there is no run {run_id}: see 'evalflows runs list'") from error
            raise RunRefused(
                f"run {run_id} is unknown to the Prefect API at {client.api_url}: no worker can take it"
            ) from error
        if flow_run.deployment_id is None:
            raise RunRefused(
                f"run {run_id} was not started by a deployment, so no worker can take it: {_by_hand(run_id, run)}"
            )
        if flow_run.state is not None and not flow_run.state.is_final():
            raise RunRefused(f"run {run_id} has not ended: Prefect says {flow_run.state.name}")
        if run is None and flow_run.state is not None and flow_run.state.is_completed():
            raise RunRefused(f"run {run_id} is completed: nothing is left to do")
        await client.set_flow_run_state(run_id, Scheduled(message="put back into the queue"), force=True)


def _by_hand(run_id: UUID, run: Run | None) -> str:
    return f"go on with: evalflows run {run.flow if run else 'FLOW'} --resume {run_id}"
