"""Watches an output folder: its checkpoints one by one, as they are complete, and when there will be no more."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tasks.predictions.checkpoints.find import Checkpoint, Unusable, find_checkpoints

LOOK_AGAIN_SECONDS = 2.0


async def never_told() -> bool:
    """Of a training that nobody says anything about."""
    return False


@dataclass
class Watch:
    """An output folder, and what has come of it so far.

    Attributes:
        folder: The `output_dir` of the training; need not be there yet when it is followed.
        idle_seconds: How long nothing may come before the training counts as done; None: it is not followed, and what
            is there now is all.
        training_ended: Whether the training is known to have ended.
        seen: Steps given out.
        known: Checkpoints there are, also those that are not complete yet.
        waiting: What is waited for, in a few words; empty where nothing is.
        ended: Why there will be no more, in one sentence; empty before the end.
    """

    folder: Path
    idle_seconds: float | None = None
    training_ended: Callable[[], Awaitable[bool]] = never_told
    seen: set[int] = field(default_factory=set[int])
    known: int = 0
    waiting: str = ""
    ended: str = ""

    async def checkpoints(self) -> AsyncGenerator[Checkpoint | Unusable]:
        """Each checkpoint once, those that are there by step; one that is being written when it is complete.

        Raises:
            RunRefused: Full models and adapters lie side by side.
        """
        idle_since = time.monotonic()
        while True:
            told_ended = await self.training_ended()  # asked first: what was written before is found below
            found = await asyncio.to_thread(find_checkpoints, self.folder)
            new = [one for one in found if one.step not in self.seen]
            self.known = len(self.seen) + len(new)
            ready = next((one for one in new if isinstance(one, Checkpoint) or one.settled), None)
            if ready is not None:
                self.waiting = ""
                self.seen.add(ready.step)
                yield ready
                idle_since = time.monotonic()
                continue
            if not new and (ended := self._end(told_ended, time.monotonic() - idle_since)):
                self.waiting, self.ended = "", ended
                return
            self.waiting = f"waiting for checkpoint-{new[0].step}" if new else "waiting for the next checkpoint"
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    def _end(self, told_ended: bool, idle_seconds: float) -> str:
        """Why nothing more is to come, now that all there is has been given out; empty while something may."""
        if self.idle_seconds is None:
            return "all checkpoints of the folder are done"
        if told_ended:
            return "the training has ended, as its job says"
        if idle_seconds >= self.idle_seconds:
            return f"no new checkpoint came for {self.idle_seconds:g} s"
        return ""
