"""One background process of a kind per home: a lock its process holds for life, and a file that says who it is."""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True)
class Slot:
    """The place of one process, for instance `server`, in a folder.

    The kernel frees the lock when the last process holding it ends, however it ended: a lock that is free means that
    nobody is there, whatever the file says, and a reused process id misleads nobody.
    """

    folder: Path
    name: str

    @property
    def state_path(self) -> Path:
        """The JSON file in which the process says who it is."""
        return self.folder / f"{self.name}.json"

    @contextlib.contextmanager
    def try_lock(self) -> Generator[int | None]:
        """The file descriptor of the lock, or None when another process holds it.

        A child that inherits the descriptor goes on holding the lock after this block.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.folder / f"{self.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor if _lock(descriptor) else None
        finally:
            os.close(descriptor)

    def is_taken(self) -> bool:
        """Whether a live process holds this place."""
        if not self.folder.is_dir():
            return False
        with self.try_lock() as lock:
            return lock is None

    def write(self, state: Mapping[str, Any]) -> None:
        """Say who holds this place; a reader sees the old file or the new one, never half of it."""
        draft = self.state_path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps(state), encoding="utf-8")
        draft.replace(self.state_path)

    def read(self) -> dict[str, Any] | None:
        """What the process there, or the last one, said; None when there is nothing readable."""
        try:
            state: object = json.loads(self.state_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return cast("dict[str, Any]", state) if isinstance(state, dict) else None

    def stop(self, *, grace_seconds: float) -> bool:
        """End the process here and wait until it is gone: SIGTERM, after the grace SIGKILL to its whole group.

        Returns False when nobody was there.
        """
        if not self.is_taken():
            return False
        deadline = time.monotonic() + grace_seconds
        signalled: int | None = None
        while self.is_taken():
            pid = (self.read() or {}).get("pid")
            if isinstance(pid, int) and pid != signalled:
                _signal(pid, signal.SIGTERM)
                signalled = pid
            if time.monotonic() > deadline:
                if signalled is None:
                    raise TimeoutError(f"{self.state_path} does not say which process to stop; look for it with `ps`.")
                _kill_group(signalled)
            time.sleep(0.02)
        return True


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill_group(pid: int) -> None:
    """SIGKILL a process, and with it the group that it leads."""
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
