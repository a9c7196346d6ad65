"""Which parameters of a flow name files, and how they are named so that a process in any folder finds them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATHS = ("source", "intents", "policy", "plan", "folder", "data")
PERHAPS_PATHS = ("base",)
"""Names of models in a hub where they are no folders."""
SCRIPTED = "scripted:"


def complete_paths(parameters: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The parameters with every file named from the root.

    Args:
        parameters: Of a flow; a value that is no text is left to the flow to refuse.
        folder: Where relative paths start.
    """
    moved = dict(parameters)
    for name in PATHS:
        value = moved.get(name)
        if isinstance(value, str) and value and value != "stored" and not value.startswith("sql:"):
            moved[name] = str(folder / Path(value).expanduser())
    for name in PERHAPS_PATHS:
        value = moved.get(name)
        if isinstance(value, str) and value and (folder / Path(value).expanduser()).exists():
            moved[name] = str(folder / Path(value).expanduser())
    judge = moved.get("judge")
    if isinstance(judge, str) and judge.startswith(SCRIPTED):
        moved["judge"] = SCRIPTED + str(folder / Path(judge.removeprefix(SCRIPTED)).expanduser())
    return moved
