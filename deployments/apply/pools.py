"""The work pool, and its queues by priority."""

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployments.apply.errors import DeploymentError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

WORK_POOL = "evalflows"
HEARTBEAT_SECONDS = "30"
"""How often a run of the pool says that it lives; the least that Prefect takes."""


@dataclass(frozen=True)
class Queue:
    """A queue of the pool; its place in the list is its priority, which counts where a pool or worker has a limit."""

    name: str
    description: str


QUEUES = (
    Queue("urgent", "Before everything else: choose it for a run that somebody waits for."),
    Queue("shards", "Parts of runs that have begun. A limit here never stops the runs that wait for them."),
    Queue("default", "Runs that somebody started."),
    Queue("nightly", "The nightly run."),
)


def ensure_pool(name: str, pool_type: str) -> None:
    """Create the work pool and those of its queues that are missing; what is there is left as it is.

    Raises:
        DeploymentError: The pool is missing and Prefect knows no pools of this type.
    """
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(name)
        except ObjectNotFound:
            _create_pool(client, name, pool_type)
        _ensure_queues(client, name)


def _create_pool(client: "SyncPrefectClient", name: str, pool_type: str) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    template = with_heartbeats(_job_template(client, pool_type))
    with contextlib.suppress(ObjectAlreadyExists):  # made by somebody else meanwhile
        client.create_work_pool(WorkPoolCreate(name=name, type=pool_type, base_job_template=template))


def _job_template(client: "SyncPrefectClient", pool_type: str) -> dict[str, Any]:
    from prefect.workers.process import ProcessWorker

    if pool_type == ProcessWorker.type:
        return ProcessWorker.get_default_base_job_template()
    known = {kind: one for package in client.read_worker_metadata().values() for kind, one in package.items()}
    if pool_type not in known:
        raise DeploymentError(f"there are no work pools of type {pool_type!r}; there are: {', '.join(sorted(known))}")
    return known[pool_type]["default_base_job_configuration"]


def with_heartbeats(template: dict[str, Any]) -> dict[str, Any]:
    """The job template with frequent heartbeats in the environment of its runs, whichever worker starts them."""
    variables = template["variables"]
    env = variables["properties"].get("env", {})
    beating = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": HEARTBEAT_SECONDS, **env.get("default", {})}
    properties = {**variables["properties"], "env": {**env, "default": beating}}
    return {**template, "variables": {**variables, "properties": properties}}


def _ensure_queues(client: "SyncPrefectClient", pool: str) -> None:
    from prefect.exceptions import ObjectAlreadyExists

    there = {queue.name for queue in client.read_work_queues(work_pool_name=pool)}
    for priority, queue in enumerate(QUEUES, start=1):
        if queue.name not in there:
            with contextlib.suppress(ObjectAlreadyExists):
                client.create_work_queue(queue.name, queue.description, priority=priority, work_pool_name=pool)
