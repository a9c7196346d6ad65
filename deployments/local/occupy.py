"""Take a place with this process, then become another program: its process id is on file before it can do anything."""

import os
import sys
from pathlib import Path

from deployments.local.slot import Slot


def main(folder: str, name: str, *command: str) -> None:
    """Say that this process holds the place, and run the command in it; the lock it inherited stays with it."""
    Slot(Path(folder), name).write({"pid": os.getpid()})
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
