"""The set of injections, as its data file holds it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "injections.yaml"
KEY = "@KEY@"


@dataclass(frozen=True)
class Injection:
    """A text that tries to change a verdict.

    Attributes:
        kind: What it tries.
        text: The text; holds `@KEY@` where the key of an earlier request belongs.
    """

    name: str
    kind: str
    text: str

    def knowing(self, key: str) -> str:
        """The text of somebody who saw an earlier request."""
        return self.text.replace(KEY, key)


def read_injections() -> tuple[Injection, ...]:
    """All of them, in order."""
    entries: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="ascii"))
    return tuple(Injection(entry["name"], entry["kind"], _text(entry)) for entry in entries)


def _text(entry: dict[str, Any]) -> str:
    return entry["text"] * entry.get("times", 1) + entry.get("then", "")
