"""Wait for what other processes bring about."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], seconds: float = 60, *, every: float = 0.25) -> bool:
    """Ask until the condition holds; False where it does not in time.

    Args:
        condition: Mostly a question to a server, which costs both sides some milliseconds.
        seconds: How long to wait.
        every: Pause between two questions, in seconds.
    """
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(every)
    return True
