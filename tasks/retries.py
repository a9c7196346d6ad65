"""When Prefect is to try a batch again: after faults of the infrastructure, never after our own errors."""

from typing import Any, cast

import httpx
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from storage.errors import DatabaseUnavailable
from tasks.errors import RunFailed
from tasks.providers.errors import JudgeStopped, UnusableJudge

ENDS_THE_RUN = (UnusableJudge, JudgeStopped, RunFailed)
"""What stops every batch of a run, not only the one it is raised in."""


def is_infrastructure_failure(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """True when the database or Prefect's API was away: what is missing may be done at the next try."""
    error: object = cast(Any, state.result)(raise_on_failure=False, _sync=True)  # a plain call, also in a running loop
    if ending_in(error) is not None:
        return False
    if isinstance(error, BaseExceptionGroup):
        group = cast(BaseExceptionGroup[BaseException], error)
        return group.subgroup((DatabaseUnavailable, httpx.TransportError)) is not None
    return isinstance(error, DatabaseUnavailable | httpx.TransportError)


def ending_in(error: object) -> Exception | None:
    """The error that ends the run, alone or somewhere in a group; None where there is none."""
    if isinstance(error, BaseExceptionGroup):
        inner = cast(BaseExceptionGroup[BaseException], error).exceptions
        return next((found for one in inner if (found := ending_in(one)) is not None), None)
    return error if isinstance(error, ENDS_THE_RUN) else None
