"""Ask the Prefect server again when its SQLite database was too busy to answer, as Prefect's own client does."""

import asyncio
from collections.abc import Awaitable, Callable
from random import uniform

from deployments.local.door import Application, Message, Receive, Send

BUSY = 503
PAUSES_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


class Patient:
    """ASGI middleware for clients that do not ask again themselves: the UI in a browser, above all.

    The server says 503 when it could not begin or end its transaction, so nothing has been done by then.
    """

    def __init__(self, application: Application) -> None:
        """Every request goes to the application, until the answer is not 503."""
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, some seconds long if need be."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        body = await _read(receive)
        for pause in PAUSES_SECONDS:
            attempt = _Attempt(send)
            try:
                await self._application(dict(scope), _replay(body, receive), attempt.send)
            except Exception:  # Starlette raises the error once more after it has answered 503
                if not attempt.was_busy:
                    raise
            if not attempt.was_busy:
                return
            await asyncio.sleep(uniform(pause / 2, pause))
        await self._application(scope, _replay(body, receive), send)


class _Attempt:
    """One answer, kept from the client when it is 503."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.was_busy = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.was_busy = message["status"] == BUSY
        if not self.was_busy:
            await self._send(message)


async def _read(receive: Receive) -> list[Message]:
    """The messages of the request's body."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def _replay(messages: list[Message], receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Give the messages again, then what follows them."""
    left = iter(messages)

    async def next_message() -> Message:
        for message in left:
            return message
        return await receive()

    return next_message
