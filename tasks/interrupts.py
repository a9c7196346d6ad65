"""Hear a SIGTERM wherever it strikes: Prefect's handler raises it in whatever code is running at that moment."""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any

from prefect.exceptions import TerminationSignal


@contextmanager
def interrupts_heard(working: "asyncio.Task[Any]") -> Generator[None]:
    """Cancel the task that works where a SIGTERM was raised in another task, or in a callback, of the running loop.

    There it would end that one alone, and the run would go on without what that one was to do. One that is raised
    while the loop waits ends the loop by itself.
    """
    loop = asyncio.get_running_loop()
    factory, handler = loop.get_task_factory(), loop.get_exception_handler()

    def hear(error: object) -> None:
        if isinstance(error, TerminationSignal):
            working.cancel("terminated")

    def look(task: "asyncio.Future[Any]") -> None:
        hear(task._exception)  # pyright: ignore  # `exception()` would count as seen what nobody looks at

    def make(loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], **named: Any) -> "asyncio.Task[Any]":  # noqa: ANN401
        task = factory(loop, coro, **named) if factory else asyncio.Task(coro, loop=loop, **named)
        task.add_done_callback(look)
        return task  # pyright: ignore[reportReturnType]

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        hear(context.get("exception"))
        if handler is not None:
            handler(loop, context)
        else:
            loop.default_exception_handler(context)

    loop.set_task_factory(make)  # pyright: ignore[reportArgumentType]
    loop.set_exception_handler(handle)
    try:
        yield
    finally:
        loop.set_task_factory(factory)
        loop.set_exception_handler(handler)
