"""Many small calls made as few large ones: what several coroutines write within milliseconds is committed together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

GROUPS_AT_ONCE = 2

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Grouped(Generic[ItemT, ResultT]):
    """Wraps `handle(items) -> results` so that single items can be awaited; calls that meet are handled together.

    While two groups are being handled the next one fills up, so the group size follows the load by itself. A caller
    that is cancelled leaves its item in the group: what was handed over is still written.
    """

    def __init__(
        self, handle: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT]]], window_seconds: float, most: int = 500
    ) -> None:
        """Collect for `window_seconds`, at most `most` items a group."""
        self._handle = handle
        self._window_seconds = window_seconds
        self._most = most
        self._waiting: list[tuple[ItemT, asyncio.Future[ResultT]]] = []
        self._workers: set[asyncio.Task[None]] = set()

    async def __call__(self, item: ItemT) -> ResultT:
        """Hand one item over and wait until its group is handled; raises what handling the group raised."""
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._waiting) == 1 and len(self._workers) < GROUPS_AT_ONCE:
            self._workers.add(asyncio.create_task(self._handle_groups()))
        return await asyncio.shield(future)

    async def drain(self) -> None:
        """Wait until everything handed over is handled."""
        while self._workers:
            await asyncio.wait(self._workers)

    async def _handle_groups(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._window_seconds)
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                if group:
                    await self._handle_one_group(group)
        finally:
            # here, not in a done callback, which runs a step later: an item that comes in between would wait for ever
            self._workers = {worker for worker in self._workers if worker is not asyncio.current_task()}

    async def _handle_one_group(self, group: list[tuple[ItemT, "asyncio.Future[ResultT]"]]) -> None:
        handling = asyncio.ensure_future(self._handle([item for item, _ in group]))  # noqa: RUF006
        await asyncio.wait({handling})
        error = asyncio.CancelledError() if handling.cancelled() else handling.exception()
        for place, (_, future) in enumerate(group):
            if future.done():
                continue
            if error is None:
                future.set_result(handling.result()[place])
            else:
                future.set_exception(error)
                future.exception()  # seen here: a caller that was cancelled no longer asks
