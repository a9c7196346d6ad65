"""A SIGTERM that Prefect raises in the middle of something ends the run, not only that something."""

import asyncio
import signal

import pytest
from prefect.exceptions import TerminationSignal

from tasks.interrupts import interrupts_heard


def interrupt() -> None:
    """What Prefect's handler does, in whatever runs at that moment."""
    raise TerminationSignal(signal=signal.SIGTERM)


async def one_of_many() -> None:
    """A unit of the run's work."""
    await asyncio.sleep(0)
    interrupt()


async def work_until_cancelled(strike: str) -> str:
    """Work that would never end; struck in a task or in a callback."""
    working = asyncio.current_task()
    assert working is not None
    with interrupts_heard(working):
        if strike == "callback":
            asyncio.get_running_loop().call_soon(interrupt)
            await asyncio.sleep(60)
        await asyncio.gather(one_of_many(), asyncio.sleep(60), return_exceptions=True)
    return "went on"


@pytest.mark.parametrize("strike", ["task", "callback"])
async def test_the_run_is_cancelled(strike: str) -> None:
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(work_until_cancelled(strike))
    assert asyncio.get_running_loop().get_task_factory() is None
    assert asyncio.get_running_loop().get_exception_handler() is None


async def test_other_errors_end_what_they_are_raised_in() -> None:
    async def fail() -> None:
        raise ValueError

    working = asyncio.current_task()
    assert working is not None
    with interrupts_heard(working):
        outcomes = await asyncio.gather(fail(), asyncio.sleep(0, "well"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ValueError, str]
