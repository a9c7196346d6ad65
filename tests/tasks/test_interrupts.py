"""A SIGTERM ends the run as a whole: never only what happens to be running when it comes."""

import asyncio
import os
import signal

import pytest
from prefect.exceptions import TerminationSignal
from prefect.utilities.engine import can_ack_control_intent, capture_sigterm

from tasks.interrupts import interrupts_heard

finished: list[str] = []


async def strike_in_the_middle() -> None:
    """A unit of the run's work that is struck and would be lost."""
    os.kill(os.getpid(), signal.SIGTERM)
    finished.append("the step that was struck")
    await asyncio.sleep(60)
    finished.append("the unit")


async def work() -> None:
    """Units side by side, of which one that fails ends alone."""
    working = asyncio.current_task()
    assert working is not None
    with capture_sigterm(), interrupts_heard(working):
        assert can_ack_control_intent()  # a worker may cancel the run in peace
        await asyncio.gather(strike_in_the_middle(), asyncio.sleep(60), return_exceptions=True)


async def test_a_sigterm_lets_the_step_end_and_cancels_the_run() -> None:
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(work())
    assert finished == ["the step that was struck"]


async def test_prefects_handler_is_back_afterwards() -> None:
    working = asyncio.current_task()
    assert working is not None
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        with pytest.raises(TerminationSignal), capture_sigterm():  # noqa: PT012
            with interrupts_heard(working):
                pass
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
