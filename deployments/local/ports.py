"""Listening on a free port of this machine."""

import contextlib
import socket

FIRST_PORT = 4280
TRIED_PORTS = 100


def listen(preferred: int | None = None) -> socket.socket:
    """A socket that listens on 127.0.0.1: on the preferred port if it is free, else on the next free one.

    Bound here and handed on, so that nobody can take the port between choosing and using it.
    """
    candidates = [*([preferred] if preferred else []), *range(FIRST_PORT, FIRST_PORT + TRIED_PORTS)]
    for port in candidates:
        with contextlib.suppress(OSError):
            return _listen(port)
    return _listen(0)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
