"""The door before the local Prefect server: it says whose server this is, and notes when it was last used."""

import http.client
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

LOCAL_NAMES = {"127.0.0.1", "localhost"}


def knock(port: int, token: str, *, use: bool, timeout_seconds: float) -> bool:
    """Whether the server with this token answers on the port; `use` also counts as a use of it.

    A server that is starting answers as soon as it is ready. One that is about to stop does not answer for itself.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds)
    try:
        connection.request("POST" if use else "GET", _door_path(token))
        return connection.getresponse().status == 204
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Door:
    """ASGI middleware that counts every request and open websocket as use.

    It lets in only what speaks to this machine by its own name and comes from no other web page: the server has no
    password, and any page in the user's browser could otherwise start flows.
    """

    def __init__(self, application: Application, token: str) -> None:
        """The door is open and was used just now."""
        self._application = application
        self._path = _door_path(token)
        self._closed = False
        self._inside = 0
        self._last_use = time.monotonic()

    def idle_seconds(self) -> float:
        """How long nobody has used the server; 0 while a request or websocket is open."""
        return 0.0 if self._inside else time.monotonic() - self._last_use

    def note_use(self) -> None:
        """The server is being used now."""
        self._last_use = time.monotonic()

    def close(self) -> None:
        """From now on nobody is told that this server is there."""
        self._closed = True

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a knock, refuse a stranger, let everything else through."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif scope["path"] == self._path:
            if scope.get("method") == "POST":
                self.note_use()
            await _answer(scope, send, 503 if self._closed else 204)
        elif _is_stranger(scope):
            await _answer(scope, send, 403)
        else:
            await self._let_in(scope, receive, send)

    async def _let_in(self, scope: Message, receive: Receive, send: Send) -> None:
        self._inside += 1
        try:
            await self._application(scope, receive, send)
        finally:
            self._inside -= 1
            self.note_use()


def _door_path(token: str) -> str:
    return f"/evalflows/{token}"


def _is_stranger(scope: Message) -> bool:
    """Whether a request names another host (DNS rebinding) or comes from another site's page."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    named = [f"//{headers.get(b'host', '')}", headers.get(b"origin", "//localhost")]
    try:
        return any(urlsplit(name).hostname not in LOCAL_NAMES for name in named)
    except ValueError:  # not a host name at all
        return True


async def _answer(scope: Message, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
