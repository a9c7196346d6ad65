"""Child runs: queue a run of another deployment from inside a flow, look how it is, start it again, cancel it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Cancelling, Crashed, Pending, Scheduled
from prefect.tasks import Task
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_random_exponential

from tasks.errors import RunRefused

PATIENCE_SECONDS = 60
"""How long a Prefect API that is away is waited for; all that is asked of it here may be asked twice."""

PAGE = 200
"""Most runs Prefect's API tells of at once."""

ResultT = TypeVar("ResultT")


async def start_child(
    deployment: str, parameters: Mapping[str, Any], *, key: str, name: str = "", tags: Sequence[str] = ()
) -> UUID:
    """Queue a run of a deployment; the same key gives the same run, whatever has become of it.

    Args:
        deployment: `flow/name`.
        parameters: Of the flow, as JSON can say them; those left out are the deployment's own.
        key: Unique to the work to be done, over all runs of the flow.
        name: What the run is called; empty leaves it to the flow.
        tags: Added to those of the deployment.

    Returns:
        The id of the flow run. Inside a flow run it is shown as a child of that.

    Raises:
        RunRefused: There is no such deployment.
        httpx.HTTPError: Prefect's API did not answer for a minute, or refused the parameters.
    """

    async def start() -> UUID:
        async with get_client() as client:
            try:
                found = await client.read_deployment_by_name(deployment)
            except ObjectNotFound as error:
                raise RunRefused(
                    f"the Prefect API has no deployment {deployment}: 'evalflows up' makes it, and so does "
                    "'python -m deployments.apply'"
                ) from error
            flow_run = await client.create_flow_run_from_deployment(
                found.id,
                parameters=dict(parameters),
                name=name or None,
                tags=tags,
                idempotency_key=key,
                parent_task_run_id=await _place_in_parent(client, deployment, key),
                state=Scheduled(),
            )
            return flow_run.id

    return await _patiently(start)


async def _place_in_parent(client: PrefectClient, deployment: str, key: str) -> UUID | None:
    """The task run that stands for the child in its parent, one for each key; None outside a flow run.

    Prefect's `run_deployment` makes another one with each call, also where the child exists already.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return None
    stands_for = Task(name=deployment, fn=lambda: None)
    stands_for.task_key = f"child {deployment}"
    made = await client.create_task_run(stands_for, context.flow_run.id, key, name=deployment, state=Pending())
    return made.id


async def child_states(ids: Sequence[UUID]) -> dict[UUID, State[Any]]:
    """The states of these flow runs; one that Prefect does not know is left out.

    Raises:
        httpx.HTTPError: Prefect's API did not answer for a minute.
    """

    async def read() -> dict[UUID, State[Any]]:
        states: dict[UUID, State[Any]] = {}
        async with get_client() as client:
            for start in range(0, len(ids), PAGE):
                wanted = FlowRunFilter(id=FlowRunFilterId(any_=list(ids[start : start + PAGE])))
                found = await client.read_flow_runs(flow_run_filter=wanted, limit=PAGE)
                states |= {run.id: run.state for run in found if run.state is not None}
        return states

    return await _patiently(read) if ids else {}


async def times_started(run_id: UUID) -> int:
    """How often a flow run has been started, this time included."""

    async def read() -> int:
        async with get_client() as client:
            return (await client.read_flow_run(run_id)).run_count

    return await _patiently(read)


async def retry_child(run_id: UUID) -> None:
    """Schedule a flow run that has ended once more under its id, as Retry in the UI does; else change nothing."""

    async def retry(client: PrefectClient, state: State[Any]) -> None:
        if state.is_final():
            await client.set_flow_run_state(run_id, Scheduled(message="started again by its parent"), force=True)

    await _with_state(run_id, retry)


async def cancel_child(run_id: UUID) -> None:
    """Cancel a flow run: one that waits is cancelled at once, a live one by its worker. Safe to do twice."""

    async def cancel(client: PrefectClient, state: State[Any]) -> None:
        if state.is_scheduled():
            await client.set_flow_run_state(run_id, Cancelled(message="cancelled while queued"), force=True)
        elif not state.is_final() and not state.is_cancelling():
            await client.set_flow_run_state(run_id, Cancelling(message="cancelled by its parent"))

    await _with_state(run_id, cancel)


async def bury_child(run_id: UUID, why: str) -> None:
    """Set a flow run whose process is known to be gone to Crashed; one that has ended is left as it is."""

    async def bury(client: PrefectClient, state: State[Any]) -> None:
        if not state.is_final():
            await client.set_flow_run_state(run_id, Crashed(message=why), force=True)

    await _with_state(run_id, bury)


async def _with_state(run_id: UUID, change: Callable[[PrefectClient, State[Any]], Awaitable[None]]) -> None:
    """Change a flow run according to the state it is in; one that Prefect does not know is nothing to change."""

    async def look_and_change() -> None:
        async with get_client() as client:
            try:
                state = (await client.read_flow_run(run_id)).state
            except ObjectNotFound:
                return
            if state is not None:
                await change(client, state)

    await _patiently(look_and_change)


def is_passing(error: BaseException) -> bool:
    """Whether Prefect's API may answer in a while: it was away, or busy (on SQLite it says 503 under load)."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
    return isinstance(error, httpx.TransportError)


async def _patiently(ask: Callable[[], Awaitable[ResultT]]) -> ResultT:
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(is_passing),
        stop=stop_after_delay(PATIENCE_SECONDS),
        wait=wait_random_exponential(multiplier=0.2, max=5),
        reraise=True,
    ):
        with attempt:
            return await ask()
    raise AssertionError("unreachable: the last try raises")
