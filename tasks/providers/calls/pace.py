"""Requests and tokens per minute, where the user sets a limit: a bucket of each, refilled at an even rate."""

import asyncio
from collections.abc import Callable

BURST_SECONDS = 1.0
SHARE_AGAIN_SECONDS = 0.5


class Bucket:
    """An amount per minute. What is taken may put it into debt, which is waited off by the next taker.

    With a burst of one second's worth, a minute never sees more than 61/60 of the limit.
    """

    def __init__(self, per_minute: float, share: Callable[[], float]) -> None:
        """Full at first.

        Args:
            per_minute: The limit of all processes together; 0 means none.
            share: Which part of it is this process's, 0 to 1.
        """
        self._per_second = per_minute / 60
        self._share = share
        self._level: float | None = None
        self._at = 0.0

    def take(self, amount: float) -> float:
        """Take an amount; returns 0 when it was taken, else how many seconds to wait before asking again."""
        if not self._per_second:
            return 0.0
        rate = self._per_second * self._share()
        if not rate:
            return SHARE_AGAIN_SECONDS
        now = asyncio.get_running_loop().time()
        burst = max(1.0, rate * BURST_SECONDS)
        level = burst if self._level is None else min(burst, self._level + (now - self._at) * rate)
        self._level, self._at = level, now
        if level <= 0 or (level < 1 and amount >= 1):
            return max((min(1.0, amount) - level) / rate, 0.001)
        self._level = level - amount
        return 0.0

    def give_back(self, amount: float) -> None:
        """Correct what was taken by an estimate; a negative amount takes more."""
        if self._level is not None:
            self._level += amount


class Pace:
    """Keeps one model's calls within the user's requests and tokens per minute; first come, first served.

    Attributes:
        is_limited: Whether there is a limit at all.
    """

    def __init__(self, requests_per_minute: int, tokens_per_minute: int, share: Callable[[], float]) -> None:
        """Nothing is taken yet; 0 means no limit."""
        self.is_limited = bool(requests_per_minute or tokens_per_minute)
        self._requests = Bucket(requests_per_minute, share)
        self._tokens = Bucket(tokens_per_minute, share)
        self._turn = asyncio.Lock()

    async def take(self, tokens: int) -> None:
        """Wait until a call of about so many tokens may go out."""
        if not self.is_limited:
            return
        async with self._turn:
            for bucket, amount in ((self._requests, 1), (self._tokens, tokens)):
                while wait_seconds := bucket.take(amount):
                    await asyncio.sleep(wait_seconds)

    def settle(self, estimated: int, billed: int) -> None:
        """Correct the estimate of a call by what it was billed."""
        self._tokens.give_back(estimated - billed)
