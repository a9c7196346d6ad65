"""A flow that waits, and says what became of it in a file."""

import asyncio
import os
from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow


async def dawdle(flow: "Flow[..., None]", flow_run: FlowRun, state: "State[None]") -> None:
    """Say that a crash was heard of; be done with it when there is no file `hold` (any more)."""
    folder = Path(flow_run.parameters["file"]).parent
    (folder / "crashed").touch()
    while (folder / "hold").exists():
        await asyncio.sleep(0.1)


@flow(name="tiny", on_crashed=[dawdle])
async def tiny(file: str, seconds: float = 0) -> None:
    """Wait.

    Args:
        file: Where to write what happened.
        seconds: How long to wait.
    """
    said = Path(file)
    said.write_text(f"began in {Path.cwd()} with home {os.environ['EVALFLOWS_HOME']} key {os.environ.get('A_KEY')}\n")
    (said.parent / "pid").write_text(str(os.getpid()))
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        said.write_text(said.read_text() + "cancelled\n")
        raise
    said.write_text(said.read_text() + "ended\n")
