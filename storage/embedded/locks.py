"""File locks that the kernel releases with the process that holds them, however it ends."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import DatabaseUnavailable

POLL_SECONDS = 0.01


def try_lock(path: Path) -> int | None:
    """Take the lock at once. Returns the open descriptor that holds it, None where another process does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock."""
    if not path.exists():
        return False
    descriptor = try_lock(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


@contextmanager
def held_lock(path: Path, wait_seconds: float) -> Generator[None]:
    """Hold the lock, after waiting for it.

    Raises:
        DatabaseUnavailable: Another process still holds it after `wait_seconds`.
    """
    deadline = time.monotonic() + wait_seconds
    while (descriptor := try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"another process has held {path} for {wait_seconds:g} seconds")
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        os.close(descriptor)
