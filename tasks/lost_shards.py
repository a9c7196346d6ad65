"""Which shards of a run nobody works on any more: their child has ended, or says nothing and holds no lock."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import State

from storage.queries.shards import Shard, held_shards, is_to_be_cancelled
from tasks.run import OpenRun

STARTING_TIMES = 5
"""A child that a worker has taken may be so many times slower to begin: its image may have to be fetched."""


class LostShards:
    """Looks for them, again and again."""

    def __init__(self, run: OpenRun) -> None:
        """No child has been seen yet."""
        self._run = run
        self._seen_live: dict[tuple[UUID, bool], float] = {}

    async def find(self, shards: Sequence[Shard], states: dict[UUID, State[Any]]) -> list[tuple[Shard, str]]:
        """The shards that are lost, each with why.

        Args:
            shards: As they stand, read after the states: a child that has ended has written its row before.
            states: What Prefect says of their children.
        """
        async with self._run.database.session() as session:
            if await is_to_be_cancelled(session, self._run.id):
                return []  # nobody is lost who has stopped because of that
        lost: list[tuple[Shard, str]] = []
        silent: list[Shard] = []
        for shard in shards:
            state = states.get(shard.flow_run_id) if shard.flow_run_id else None
            if shard.status == "completed":
                continue
            if state is not None and state.is_final():
                lost.append((shard, shard.error or f"its child run ended as {state.name}: {state.message}"))
            elif self._is_silent(shard, state):
                silent.append(shard)
        if silent:
            async with self._run.database.session() as session:
                held = await held_shards(session, self._run.id, [shard.shard for shard in silent])
            lost += [(shard, "its worker is gone") for shard in silent if shard.shard not in held]
        return lost

    def _is_silent(self, shard: Shard, state: State[Any] | None) -> bool:
        """Whether a child that is said to be live, or is not known, has said nothing for long."""
        if shard.flow_run_id is None or (state is not None and state.is_scheduled()):
            return False
        starting = state is not None and state.is_pending()
        seen = self._seen_live.setdefault((shard.flow_run_id, starting), time.monotonic())
        patience_seconds = self._run.settings.shard_lost_seconds * (STARTING_TIMES if starting else 1)
        return min(shard.silent_seconds, time.monotonic() - seen) > patience_seconds
