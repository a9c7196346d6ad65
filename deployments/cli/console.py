"""Where commands print: as wide as the terminal, and wide enough for whole lines where it is none."""

import sys
from collections.abc import Iterable

import orjson
from rich.console import Console

from storage.records import Record

WIDE = 200


def make_console() -> Console:
    """A console on standard output; numbers in a text are not coloured by themselves."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(width=WIDE, highlight=False)


def print_json(records: Iterable[Record]) -> None:
    """One JSON object a line."""
    for record in records:
        sys.stdout.write(orjson.dumps(record.model_dump(mode="json")).decode() + "\n")
