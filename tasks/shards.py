"""The shards of a run as its parent sees them: children started, watched, replaced when lost, called off at the end."""

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from storage.patience import with_patience
from storage.queries.ledger import usage_of
from storage.queries.shards import (
    Shard,
    add_lost_calls,
    assign_shard,
    list_shards,
    offer_shard,
    withdraw_shards,
    write_shards,
)
from tasks.children import bury_child, cancel_child, child_states, start_child, times_started
from tasks.errors import RunFailed
from tasks.lost_shards import LostShards
from tasks.providers.calls.ledger import Spent
from tasks.retries import ENDS_THE_RUN
from tasks.run import OpenRun

DEPLOYMENT = "run-shard/run-shard"
CALL_OFF_SECONDS = 20
"""How long it may take to tell Prefect that children are not wanted any more; those that begin see it in their row."""

SPENDING_SHARE = 0.05
"""The part of the time that may go into summing the ledger of a large run for its progress."""


async def gather_shards(run: OpenRun, ranges: Sequence[range], units: int, units_of_each: int) -> None:
    """Let child runs evaluate ranges of positions, and wait until all are done; with no worker, wait for one.

    Args:
        run: The run; what other parents gave to children was taken from them.
        ranges: The shards.
        units: Units of the run in all.
        units_of_each: Units of one position.

    Raises:
        UnusableJudge: The judge cannot be used.
        JudgeStopped: The judge has stopped answering.
        RunFailed: More failed than is borne, or a shard failed too often.
        RunRefused: The deployment of the children is missing.
    """
    run.total = units
    watch = ShardWatch(run, units - sum(map(len, ranges)) * units_of_each, await times_started(run.id))
    try:
        await watch.begin(ranges)
        while not await with_patience(watch.look, run.settings.database_patience_seconds):
            await asyncio.sleep(run.settings.progress_seconds)
    except BaseException:
        await asyncio.shield(watch.call_off())
        raise


class ShardWatch:
    """What the parent knows of the shards of its run."""

    def __init__(self, run: OpenRun, settled: int, generation: int) -> None:
        """No shard is there yet.

        Args:
            run: The run.
            settled: Its units outside all shards.
            generation: How often the run has been started.
        """
        self._run = run
        self._settled = settled
        self._generation = generation
        self._lost = LostShards(run)
        self._sum_at = 0.0

    async def begin(self, ranges: Sequence[range]) -> None:
        """Write the shards down; children are started by the first look."""
        async with self._run.database.transaction() as session:
            await write_shards(session, self._run.id, ranges)

    async def look(self) -> bool:
        """Sum up how far all are, and start a child where there is none, or none any more; True when all are done.

        Safe to do again where it broke off.

        Raises:
            UnusableJudge: As `gather_shards`, and so are the others.
        """
        states = await self._states(await self._shards())
        shards = await self._shards()  # after the states: what has ended there has written its row before
        for shard in shards:
            if shard.ends_run:
                raise error_from(shard)
        self._tell(shards, states)
        await self._sum_spending()
        lost = await self._lost.find(shards, states) if states is not None else []
        for shard, why in lost:
            await self._take_away(shard, why, len(shards))
        for shard in await self._shards() if lost else shards:
            if shard.flow_run_id is None:
                await self._start(shard, len(shards))
        return all(shard.status == "completed" for shard in shards)

    async def call_off(self) -> None:
        """Take what is not done from the children: those that work stop, those that wait are cancelled."""
        run = self._run
        if run.taken_over:
            return
        shards = await self._shards()
        async with run.database.transaction() as session:
            working = await withdraw_shards(session, run.id)
            await add_lost_calls(session, run.id, working * self._calls_of_each())
        with contextlib.suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(CALL_OFF_SECONDS):
                for shard in shards:
                    if shard.status == "waiting" and shard.flow_run_id is not None:
                        await cancel_child(shard.flow_run_id)

    async def _start(self, shard: Shard, of: int) -> None:
        run = self._run
        child = await start_child(
            DEPLOYMENT,
            {"run_id": str(run.id), "shard": shard.shard, "folder": os.getcwd()},
            key=f"{run.id}-{self._generation}-{shard.shard}-{shard.attempt}",
            name=f"{run.record.name}, shard {shard.shard} of {of}",
            tags=["shard"],
        )
        async with run.database.transaction() as session:
            await assign_shard(session, run.id, shard.shard, child)

    async def _shards(self) -> list[Shard]:
        async def read() -> list[Shard]:
            async with self._run.database.session() as session:
                return await list_shards(session, self._run.id)

        return await with_patience(read, self._run.settings.database_patience_seconds)

    async def _states(self, shards: Sequence[Shard]) -> dict[UUID, State[Any]] | None:
        """What Prefect says of the children whose shards are not done; None where it does not answer."""
        ids = [shard.flow_run_id for shard in shards if shard.flow_run_id and shard.status != "completed"]
        try:
            return await child_states(ids)
        except httpx.HTTPError as error:
            get_run_logger().warning("the states of child runs are not known: %s", error)
            return None

    def _tell(self, shards: Sequence[Shard], states: dict[UUID, State[Any]] | None) -> None:
        run = self._run
        run.done = self._settled + sum(shard.done for shard in shards)
        done = sum(shard.status == "completed" for shard in shards)
        queued = [shard for shard in shards if shard.status != "completed" and _is_queued(shard, states or {})]
        waiting = f", {len(queued)} wait for a worker" if queued else ""
        run.message = f"{done} of {len(shards)} shards done{waiting}"

    async def _sum_spending(self) -> None:
        """Sum the ledger now and then; the larger it is, the more rarely."""
        run, now = self._run, time.monotonic()
        if run.ask is None or now < self._sum_at:
            return
        async with run.database.session() as session:
            run.ask.spent = Spent.of(await usage_of(session, run.id))
        self._sum_at = now + (time.monotonic() - now) / SPENDING_SHARE

    async def _take_away(self, shard: Shard, why: str, of: int) -> None:
        """Take a lost shard from its child, so that another is started.

        Raises:
            RunFailed: It has been tried often enough.
        """
        run = self._run
        get_run_logger().warning("shard %d, attempt %d: %s", shard.shard, shard.attempt, why)
        if shard.flow_run_id is not None:
            await bury_child(shard.flow_run_id, why)
        if shard.attempt >= run.settings.shard_attempts:
            raise RunFailed(
                f"shard {shard.shard} of {of} (threads {shard.start + 1} to {shard.stop}) failed {shard.attempt} "
                f"times, at last because: {why}; mend the cause and go on with --resume RUN_ID"
            )
        async with run.database.transaction() as session:
            if shard.status in ("running", "lost"):
                await add_lost_calls(session, run.id, self._calls_of_each())
            await offer_shard(session, run.id, shard.shard, shard.attempt + 1)

    def _calls_of_each(self) -> int:
        return self._run.calls.concurrency if self._run.ask is not None else 0


def _is_queued(shard: Shard, states: dict[UUID, State[Any]]) -> bool:
    state = states.get(shard.flow_run_id) if shard.flow_run_id else None
    return state is not None and state.is_scheduled()


def error_from(shard: Shard) -> Exception:
    """What a child wrote down that ends the run, as the error it was."""
    name, _, message = (shard.error or "").partition(": ")
    kind = next((kind for kind in ENDS_THE_RUN if kind.__name__ == name), RunFailed)
    return kind(message)
