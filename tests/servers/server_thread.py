"""A server on the loopback address, in a thread of its own."""

import asyncio
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class ServerThread(ABC):
    """Serves what `add_routes` says; `port` is 0 until it listens."""

    port: int = field(default=0, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _runner: web.AppRunner | None = field(default=None, init=False)

    @abstractmethod
    def add_routes(self, app: web.Application) -> None:
        """Say what answers which path."""

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        server = self._runner.server if self._runner else None
        return len(server.connections) if server else 0

    async def serve(self, port: int = 0) -> web.AppRunner:
        """Listen on the loopback address."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        self.add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        server: Any = site._server  # pyright: ignore[reportPrivateUsage]
        self.port = server.sockets[0].getsockname()[1]
        self._runner = runner
        return runner

    def start(self) -> None:
        """Serve in a thread of its own."""
        ready = threading.Event()

        def run() -> None:
            self._loop = asyncio.new_event_loop()
            runner = self._loop.run_until_complete(self.serve())
            ready.set()
            self._loop.run_forever()
            self._loop.run_until_complete(close(runner))
            self._loop.close()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Stop serving."""
        assert self._loop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


async def close(runner: web.AppRunner) -> None:
    """Stop serving, also what is still being answered."""
    await runner.cleanup()
    unanswered = asyncio.all_tasks() - {asyncio.current_task()}
    for task in unanswered:
        task.cancel()
    await asyncio.gather(*unanswered, return_exceptions=True)
