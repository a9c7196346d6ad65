"""Hear a SIGTERM between two steps of the run, not in the middle of one."""

import asyncio
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from prefect.utilities import engine

PREFECTS_HANDLER = "_prefect_sigterm_handler"


@contextmanager
def interrupts_heard(working: "asyncio.Task[object]") -> Generator[None]:
    """While the block runs, the first SIGTERM cancels the task that works, and further ones do nothing.

    Prefect's own handler (3.8) raises in whatever code is running at that moment: in one of many tasks, which ends
    alone while the run goes on without it, or in the driver, whose connection goes back to the pool half used. Prefect
    asks whether the handler is its own before it lets a worker cancel a run in peace, so ours takes its name too.
    """
    raising = vars(engine).get(PREFECTS_HANDLER)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if raising is None or not in_main_thread or signal.getsignal(signal.SIGTERM) is not raising:
        yield
        return
    loop, told = asyncio.get_running_loop(), threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        if not told.is_set():
            told.set()
            loop.call_soon_threadsafe(working.cancel, "terminated")

    setattr(engine, PREFECTS_HANDLER, hear)
    signal.signal(signal.SIGTERM, hear)
    try:
        yield
    finally:
        setattr(engine, PREFECTS_HANDLER, raising)
        if signal.getsignal(signal.SIGTERM) is hear:
            signal.signal(signal.SIGTERM, raising)
