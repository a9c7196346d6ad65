"""The signals that stop `evalflows up`: the first one interrupts it, further ones cannot break off the stopping."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupted_once() -> Generator[None]:
    """In the block, the first of SIGINT, SIGTERM, SIGHUP raises KeyboardInterrupt and the others do nothing.

    Handlers instead of SIG_IGN, which children would inherit: a shell starts background jobs with SIGINT ignored, and
    Prefect's worker would then not stop.
    """
    previous = {number: signal.signal(number, _interrupt) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def ignore_stop_signals() -> None:
    """Until the end of the `interrupted_once` block no signal interrupts."""
    for number in STOP_SIGNALS:
        signal.signal(number, _do_nothing)


def _interrupt(number: int, frame: FrameType | None) -> None:
    ignore_stop_signals()
    raise KeyboardInterrupt


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """Stopping is under way."""
