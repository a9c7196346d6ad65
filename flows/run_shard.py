"""The flow `run-shard`: one part of a run that was split, worked on where a worker takes it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Cancelled

from tasks.errors import RunRefused
from tasks.positions import judge_positions
from tasks.shard import Evaluate, NotOurs, keep_at, open_shard

FLOWS_IN_SHARDS: Mapping[str, Evaluate] = MappingProxyType({"evaluate-threads": judge_positions})
"""What evaluates a part of a run, by the flow of that run: one line lets a flow be run in shards."""


@flow(name="run-shard", log_prints=False)
async def run_shard(run_id: str, shard: int, folder: str = "") -> State[Any] | None:
    """Evaluate one shard of a run; the run itself starts this, see `--shards`.

    Args:
        run_id: The run.
        shard: Which of its shards, from 1.
        folder: Where files that the run names by a relative path lie.

    Returns:
        None when the shard is done; Cancelled when it is not this child's to do, or no longer.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RunRefused("a shard is run inside a flow run only")
    at = Path(folder)
    try:
        async with open_shard(UUID(run_id), shard, context.flow_run.id, at) as opened:
            evaluate = FLOWS_IN_SHARDS[opened.run.record.flow]
            await keep_at(opened, evaluate(opened.run, opened.positions, at))
    except NotOurs:
        return Cancelled(message="the run has ended or is to be cancelled, or the shard was given to another child")
    return None
