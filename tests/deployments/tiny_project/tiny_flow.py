"""A flow that waits, and says what became of it in a file."""

import asyncio
import os
from pathlib import Path

from prefect import flow


@flow(name="tiny")
async def tiny(file: str, seconds: float = 0) -> None:
    """Wait.

    Args:
        file: Where to write what happened.
        seconds: How long to wait.
    """
    said = Path(file)
    said.write_text(f"began in {Path.cwd()} with home {os.environ['EVALFLOWS_HOME']} key {os.environ.get('A_KEY')}\n")
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        said.write_text(said.read_text() + "cancelled\n")
        raise
    said.write_text(said.read_text() + "ended\n")
