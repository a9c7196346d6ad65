"""When Prefect is to try a batch again: after faults of the infrastructure, never after our own errors."""

from typing import Any, cast

import httpx
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from storage.errors import DatabaseUnavailable


def is_infrastructure_failure(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """True when the database or Prefect's API was away: what is missing may be done at the next try."""
    error: object = cast(Any, state.result)(raise_on_failure=False, _sync=True)  # a plain call, also in a running loop
    if isinstance(error, BaseExceptionGroup):
        group = cast(BaseExceptionGroup[BaseException], error)
        return group.subgroup((DatabaseUnavailable, httpx.TransportError)) is not None
    return isinstance(error, DatabaseUnavailable | httpx.TransportError)
