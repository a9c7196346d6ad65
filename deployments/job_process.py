"""A training started for its job: told whose rows it makes, in the foreground, with the signals meant for it."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from shutil import which
from types import FrameType

from storage.records.prediction import TrainingJob
from tasks.errors import RunRefused

TOKEN_BYTES = 32
FORWARDED = (signal.SIGINT, signal.SIGTERM)
SIGNALLED = 128
"""What a shell adds to the number of the signal that ended a process."""


def new_token() -> tuple[str, str]:
    """A secret of a job, and its SHA-256 (hex), which is all that is stored of it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, sha256(token.encode()).hexdigest()


def find_program(command: Sequence[str]) -> str:
    """The program a command names.

    Raises:
        RunRefused: There is none.
    """
    if not command:
        raise RunRefused("no command is given: write it after --, as in: evalflows jobs exec JOB_ID -- python train.py")
    found = which(command[0])
    if found is None:
        raise RunRefused(f"there is no program {command[0]!r}: check its name or path")
    return found


def run_training(job: TrainingJob, token: str, command: Sequence[str]) -> int:
    """Run a command to its end; returns its exit code, 128 and the signal's number where a signal ended it.

    It has our standard input and output, and our environment with JOB_ID, JOB_USER_ID and JOB_TOKEN.
    """
    told = {"JOB_ID": str(job.job_id), "JOB_USER_ID": job.user_id, "JOB_TOKEN": token}
    sys.stdout.flush()
    with signals_forwarded() as children:
        child = subprocess.Popen(command, env={**os.environ, **told}, executable=find_program(command))
        children.add(child)
        code = child.wait()
    return code if code >= 0 else SIGNALLED - code


class Children:
    """Who is sent a signal; one that came before there was a child is sent to the child when it is there."""

    def __init__(self) -> None:
        self._children: list[subprocess.Popen[bytes]] = []
        self._early: list[int] = []

    def add(self, child: "subprocess.Popen[bytes]") -> None:
        """Send it what comes from now on, and what has come."""
        self._children.append(child)
        for number in self._early:
            child.send_signal(number)

    def send(self, number: int) -> None:
        """Send a signal."""
        if not self._children:
            self._early.append(number)
        for child in self._children:
            child.send_signal(number)


@contextmanager
def signals_forwarded() -> Generator[Children]:
    """In the block, SIGINT and SIGTERM go to the children, and do not end this process."""
    children = Children()

    def forward(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGINT or not is_in_foreground():  # else the terminal has sent it to the children too
            children.send(number)

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        yield children
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_in_foreground() -> bool:
    """Whether Ctrl-C in our terminal reaches us and our children alike."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:  # no terminal
        return False
