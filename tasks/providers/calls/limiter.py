"""How many calls are on the wire at once: few at first, more while the API keeps up, half as many when it says 429."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

LOOK_AGAIN_SECONDS = 0.5


class Limiter:
    """Places for calls to one model, handed out first come, first served, so that all who ask share them fairly.

    Until a first call has come through there is one place: a wrong key costs one call. Then the limit doubles each
    round (slow start), and after the first 429 it halves with each and grows by one a round (additive increase,
    multiplicative decrease: Jacobson, Congestion Avoidance and Control, 1988).

    Attributes:
        limit: Places now; a fraction counts once it is whole.
        busy: Places taken.
    """

    def __init__(self, start: int, ceiling: int, allowed: Callable[[], float] = lambda: math.inf) -> None:
        """No place is taken yet.

        Args:
            start: Places once a first call has come through.
            ceiling: Most places ever.
            allowed: Most places now that other processes leave this one; 0 while there are none.
        """
        self.limit = 1.0
        self.busy = 0
        self._start = min(start, ceiling)
        self._ceiling = ceiling
        self._allowed = allowed
        self._proven = False
        self._slow_start = True
        self._cut_at = 0.0
        self._paused_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._stopped_by: Exception | None = None

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[float]:
        """Hold a place; yields the loop's time at which it was taken.

        Raises:
            Exception: What `stop` was told.
        """
        if self._waiting or not self._is_free():
            await self._wait()
        elif self._stopped_by is not None:
            raise self._stopped_by
        else:
            self.busy += 1
        try:
            yield asyncio.get_running_loop().time()
        finally:
            self.busy -= 1
            self._hand_out()

    def came_through(self) -> None:
        """A call was answered: the API keeps up."""
        if not self._proven:
            self._proven = True
            self.limit = float(self._start)
        elif self.limit < self._ceiling and self.busy >= int(self.limit):
            self.limit = min(self._ceiling, self.limit + (1.0 if self._slow_start else 1.0 / self.limit))
        self._hand_out()

    def was_limited(self, sent_at: float, pause_seconds: float) -> None:
        """A call was answered with 429.

        Args:
            sent_at: When it took its place: what was sent before the last cut does not cut again.
            pause_seconds: How long nobody is to send; 0 where the API did not say.
        """
        loop = asyncio.get_running_loop()
        if sent_at >= self._cut_at:
            self._cut_at = loop.time()
            self._slow_start = False
            self.limit = max(1.0, self.limit / 2)
        if pause_seconds > 0:
            self._paused_until = max(self._paused_until, loop.time() + pause_seconds)

    @property
    def proven(self) -> bool:
        """Whether a call has come through."""
        return self._proven

    def stop(self, error: Exception) -> None:
        """Give out no place any more: whoever waits or asks gets this error; calls on the wire are left alone."""
        self._stopped_by = error
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(error)

    def _is_free(self) -> bool:
        return (
            self.busy < min(int(self.limit), self._allowed())
            and asyncio.get_running_loop().time() >= self._paused_until
        )

    async def _wait(self) -> None:
        if self._stopped_by is not None:
            raise self._stopped_by
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._hand_out()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.busy -= 1
                self._hand_out()
            raise

    def _hand_out(self) -> None:
        """Give free places to those who wait longest; where all must wait for a time, look again then."""
        while self._waiting and self._is_free():
            waiter = self._waiting.popleft()
            if not waiter.done():
                self.busy += 1
                waiter.set_result(None)
        if self._waiting and self.busy == 0:
            loop = asyncio.get_running_loop()
            pause = self._paused_until - loop.time()
            loop.call_later(pause if pause > 0 else LOOK_AGAIN_SECONDS, self._hand_out)
