"""Where commands print tables: as wide as the terminal, and wide enough for whole lines where it is none."""

import sys

from rich.console import Console

WIDE = 200


def make_console() -> Console:
    """A console on standard output."""
    return Console() if sys.stdout.isatty() else Console(width=WIDE)
