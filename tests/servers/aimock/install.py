"""Install aimock, a mock of the model APIs from the npm registry: https://github.com/CopilotKit/aimock (MIT)."""

import subprocess
from pathlib import Path

from tests.servers.aimock.node import Node

VERSION = "1.43.0"
PACKAGE = "@copilotkit/aimock"
LONGEST_WAIT_SECONDS = 60
OPTIONS = (
    *("--prefer-offline", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier"),
    *("--loglevel=error", "--fetch-timeout=15000", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
)


class NotInstalled(Exception):
    """There is no aimock, and why."""


def install(node: Node, folder: Path) -> Path:
    """Install it into a folder, from npm's own cache where it is there; returns the script that serves.

    Raises:
        NotInstalled: The registry cannot be reached, or has no such version.
    """
    command = [*node.npm, "install", "--prefix", str(folder), *OPTIONS, f"{PACKAGE}@{VERSION}"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_WAIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"npm did not install {PACKAGE} within {LONGEST_WAIT_SECONDS} seconds") from error
    if done.returncode:
        told = " ".join(done.stderr.replace("npm error", "").split())
        raise NotInstalled(f"npm cannot install {PACKAGE}@{VERSION}: {told[:200]}")
    return folder / "node_modules" / PACKAGE / "dist" / "cli.js"
