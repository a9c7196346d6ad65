"""Gathers calls that are made at the same time into batches, which one thread answers one after the other."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import CallFailed, ModelError

GATHERING_SECONDS = 0.02
"""How long a batch that is not full waits for company: the time callers need to store an answer and ask again."""

CLOSED = "the local model was closed before it answered"


@dataclass(eq=False)
class Waiting:
    """A call that waits for its answer; over when its caller has gone."""

    request: ModelRequest
    reply: asyncio.Future[ModelReply] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, outcome: ModelReply | BaseException) -> None:
        """Tell the caller, where it still waits."""
        if self.reply.done():
            return
        if isinstance(outcome, BaseException):
            self.reply.set_exception(outcome)
        else:
            self.reply.set_result(outcome)


AnswerBatch = Callable[[Sequence[Waiting]], Sequence[ModelReply | ModelError]]
"""Answers a batch in the thread; one outcome for each call, in order."""


class Batches:
    """Calls in, answers out. The loop stays free; a call that is cancelled leaves the others of its batch unharmed."""

    def __init__(self, answer: AnswerBatch, most: int) -> None:
        """Nothing runs yet.

        Args:
            answer: Called in one thread, always the same.
            most: Most calls of a batch.
        """
        self._answer = answer
        self._most = most
        self._waiting: deque[Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="local-model")
        self._working: asyncio.Task[None] | None = None
        self._is_closed = False

    async def ask(self, request: ModelRequest) -> ModelReply:
        """Wait for the answer, in turn.

        Raises:
            ModelError: There is none.
        """
        if self._is_closed:
            raise CallFailed(CLOSED)
        waiting = Waiting(request)
        self._waiting.append(waiting)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await waiting.reply

    async def close(self) -> None:
        """Let go of all who wait, and of the thread once it has noticed."""
        self._is_closed = True
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait({self._working})
        await asyncio.to_thread(self._thread.shutdown)

    async def _work(self) -> None:
        """Answer batch after batch until nobody waits."""
        batch: list[Waiting] = []
        try:
            while self._waiting:
                if len(self._waiting) < self._most:
                    await asyncio.sleep(GATHERING_SECONDS)
                batch = self._next_batch()
                await self._settle(batch)
        finally:
            for waiting in (*batch, *self._waiting):  # left over only where this task was cancelled
                waiting.settle(CallFailed(CLOSED))
            self._waiting.clear()

    def _next_batch(self) -> list[Waiting]:
        taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        return [waiting for waiting in taken if not waiting.reply.done()]

    async def _settle(self, batch: Sequence[Waiting]) -> None:
        if not batch:
            return
        answering = asyncio.get_running_loop().run_in_executor(self._thread, self._answer, batch)
        (outcomes,) = await asyncio.gather(answering, return_exceptions=True)
        if isinstance(outcomes, BaseException):
            failure = (
                outcomes if isinstance(outcomes, ModelError) else CallFailed(f"{type(outcomes).__name__}: {outcomes}")
            )
            outcomes = [failure] * len(batch)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            waiting.settle(outcome)
