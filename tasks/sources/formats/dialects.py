"""How a CSV file is laid out: its delimiter, and whether its first line is a header."""

import csv
from collections.abc import Callable
from dataclasses import dataclass

from tasks.sources.errors import SourceError
from tasks.sources.formats.texts import Text
from tasks.sources.shapes.aliases import ROLE_BY_WORD, normalise


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is laid out.

    Attributes:
        header: Column names; where the file has no header line, the numbers of its columns from 1.
        has_header: False where the first line is a row already.
        hint: True where a line `sep=;` comes first.
        first_rows: Some rows after the header.
    """

    delimiter: str
    header: tuple[str, ...]
    has_header: bool
    hint: bool = False
    first_rows: tuple[tuple[str, ...], ...] = ()

    def looks_like_names(self, known: Callable[[str], bool]) -> bool:
        """False where the first line is a row of data: nothing in it is known, or what is known may be data too.

        `1,user,hi` has a known word, but a number as well; `a,user,hi` knows but a speaker, who may speak again below.
        """
        names = [(place, name) for place, name in enumerate(self.header) if known(name)]
        if not names or any(name.isdecimal() for name in self.header):
            return False
        if len(names) < len(self.header) and all(normalise(name) in ROLE_BY_WORD for _, name in names):
            return False
        speakers = [(place, name) for place, name in names if normalise(name) in ROLE_BY_WORD]
        again = {
            (place, cell.strip()) for row in self.first_rows if row != self.header for place, cell in enumerate(row)
        }
        return again.isdisjoint(speakers)


def sniff(text: Text, delimiter: str | None, by_position: bool, known: Callable[[str], bool]) -> Dialect:
    """Find delimiter and header: the delimiter that gives most known names, rows of equal width, most columns.

    Args:
        text: The file.
        delimiter: As the user names it; None to find it.
        by_position: True when the file has no header.
        known: Whether a column name is one that is recognised.

    Raises:
        SourceError: There is no line.
    """
    start = text.start()
    hint = start.startswith("sep=") and len(start.split("\n", 1)[0].strip()) == 5  # what Excel writes
    if hint:
        delimiter, start = start[4], start.split("\n", 1)[-1]
    candidates = [_rows_at_start(start, candidate) for candidate in (delimiter or ",\t;|")]
    best, rows = max(
        zip(delimiter or ",\t;|", candidates, strict=True),
        key=lambda found: (
            0 if by_position else sum(map(known, found[1][0] if found[1] else [])),
            *_regularity(found[1]),
        ),
    )
    if not rows:
        raise SourceError(f"{text.path}: the file holds no line of text")
    names = [str(place) for place in range(1, len(rows[0]) + 1)] if by_position else _unique(rows[0])
    return Dialect(best, tuple(names), not by_position, hint, tuple(map(tuple, rows[1:])))


def _rows_at_start(start: str, delimiter: str) -> list[list[str]]:
    rows = csv.reader(start.splitlines(keepends=True), delimiter=delimiter)
    return [cells for _, cells in zip(range(40), rows, strict=False) if any(cell.strip() for cell in cells)]


def _regularity(rows: list[list[str]]) -> tuple[float, int]:
    if not rows:
        return (0.0, 0)
    width = len(rows[0])
    return sum(len(row) == width for row in rows) / len(rows) * (1 + (width > 1)), width


def _unique(cells: list[str]) -> list[str]:
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = cell.strip().strip("\ufeff") or f"column {place}"
        again = sum(other == name or other.startswith(f"{name}.") for other in names)
        names.append(f"{name}.{again + 1}" if again else name)
    return names
