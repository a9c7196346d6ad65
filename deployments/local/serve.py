"""The process of the local Prefect server, started by `ensure_server` with a listening socket and a lock in hand."""

import asyncio
import gc
import os
import socket
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, cast

from deployments.local.door import Application, Door
from deployments.local.offline import Offline
from deployments.local.patient import Patient
from deployments.local.slot import Slot

if TYPE_CHECKING:
    import uvicorn

START_POLL_SECONDS = 0.1
LOST_AFTER = timedelta(days=1)
"""A run that says Running for longer without any request was lost with its process and keeps no server up."""


def main(folder: str, socket_descriptor: str, lock_descriptor: str, idle_seconds: str) -> None:
    """Serve until stopped, or until nobody has used the server for a while."""
    os.set_inheritable(int(lock_descriptor), False)
    listener = socket.socket(fileno=int(socket_descriptor))
    listener.set_inheritable(False)
    token = token_urlsafe()
    state = {"port": listener.getsockname()[1], "token": token, "started_at": datetime.now(UTC).isoformat()}
    Slot(Path(folder), "server").write({"pid": os.getpid(), "version": version("prefect"), **state})
    asyncio.run(serve(listener, token, float(idle_seconds)))


async def serve(listener: socket.socket, token: str, idle_seconds: float) -> None:
    """Run Prefect's own application behind our door."""
    gc.disable()  # what is imported stays: looking through it again and again takes a fifth of the start-up time
    import uvicorn
    from prefect.server.api import server as prefect_server

    shipped = Path(prefect_server.__file__).parent / "collections_data" / "views"
    application = cast(Application, prefect_server.create_app(final=True))
    gc.freeze()
    gc.enable()
    door = Door(Offline(Patient(application), shipped), token)
    config = uvicorn.Config(door, log_level="warning", lifespan="on", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    watch = asyncio.create_task(stop_when_idle(server, door, idle_seconds))
    try:
        await server.serve(sockets=[listener])
    finally:
        watch.cancel()


async def stop_when_idle(server: "uvicorn.Server", door: Door, idle_seconds: float) -> None:
    """End the server once nobody has used it for so long and no run is in progress."""
    while not server.started:
        await asyncio.sleep(START_POLL_SECONDS)
    door.note_use()
    while True:
        while (left := idle_seconds - door.idle_seconds()) > 0:
            await asyncio.sleep(left)
        if await live_runs():
            await asyncio.sleep(idle_seconds)
        elif door.idle_seconds() >= idle_seconds:
            door.close()
            server.should_exit = True
            return


async def live_runs() -> int:
    """How many flow runs are in progress; a database too busy to say counts as one."""
    from prefect.server.database import provide_database_interface
    from prefect.server.models.flow_runs import count_flow_runs
    from prefect.server.schemas.filters import FlowRunFilter
    from sqlalchemy.exc import SQLAlchemyError

    recent = {"after_": datetime.now(UTC) - LOST_AFTER}
    live = {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}}
    wanted = FlowRunFilter.model_validate({"state": live, "expected_start_time": recent})
    try:
        async with provide_database_interface().session_context() as session:
            return await count_flow_runs(session=session, flow_run_filter=wanted)
    except SQLAlchemyError:
        return 1


if __name__ == "__main__":
    main(*sys.argv[1:])
