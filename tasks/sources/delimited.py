"""Rows of a CSV file: true line numbers, ragged rows and stray quotes named, one bad row costing one line."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tasks.sources.errors import SourceError, Unfit
from tasks.sources.intake import Row
from tasks.sources.texts import Text

LONGEST_ROW_CHARACTERS = 1 << 22
Reject = Callable[[int, Unfit], None]

csv.field_size_limit(max(csv.field_size_limit(), LONGEST_ROW_CHARACTERS))


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is laid out.

    Attributes:
        header: Column names; where the file has no header line, the numbers of its columns from 1.
        has_header: False where the first line is a row already.
        hint: True where a line `sep=;` comes first.
    """

    delimiter: str
    header: tuple[str, ...]
    has_header: bool
    hint: bool = False


class _Lines:
    """The lines of a file, numbered, which can be taken back to where the current row began."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: list[str] = []
        self._row: list[str] = []
        self._size = 0
        self._returns_count = False
        self.start = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._lines)
        if self.start == 1 and line.endswith("\r"):
            self._returns_count = True  # an old file whose lines end so; elsewhere it is a character in a cell
        self._row.append(line)
        self._size += len(line)
        if self._size > LONGEST_ROW_CHARACTERS:
            raise csv.Error("the row is longer than 4 million characters")
        return line

    def begin(self) -> None:
        """The row read so far is done; the next one starts here."""
        self.start += sum(self._returns_count or not line.endswith("\r") for line in self._row)
        self._row.clear()
        self._size = 0

    def retry_after_first(self) -> None:
        """Give the lines of the current row back, all but its first."""
        self._again.extend(reversed(self._row[1:]))
        del self._row[1:]
        self.begin()


def read_delimited(text: Text, dialect: Dialect, reject: Reject) -> Iterator[Row]:
    """Read the rows after the header; blank lines are passed over.

    Args:
        text: The file.
        dialect: Its layout.
        reject: Told the line and the problem of each row with too few or too many cells or a stray quote.

    Raises:
        SourceError: The header line cannot be read.
    """
    header, width = dialect.header, len(dialect.header)
    lines = _Lines(text.lines())
    number = 0
    skip = dialect.has_header + dialect.hint
    for line, cells in _cells(lines, dialect.delimiter, reject):
        if skip:
            skip -= 1
            continue
        number += 1
        if len(cells) != width:
            if len(cells) < width or any(cell.strip() for cell in cells[width:]):
                reject(
                    line,
                    Unfit(
                        f"{len(cells)} cells where the header has {width}; is a text with {_shown(dialect)} unquoted?"
                    ),
                )
                continue
            cells = cells[:width]
        yield Row(line, number, dict(zip(header, cells, strict=True)))


def _shown(dialect: Dialect) -> str:
    return {"\t": "a tab", ",": "a comma", ";": "a semicolon"}.get(dialect.delimiter, repr(dialect.delimiter))


def _cells(lines: _Lines, delimiter: str, reject: Reject) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reject(lines.start, Unfit(_explain(error)))
            lines.retry_after_first()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield lines.start, cells


def _explain(error: csv.Error) -> str:
    if "end of data" in str(error) or "longer" in str(error):
        return "a quote that is opened in this row is never closed; close it, or double quotes inside a cell"
    return f"a quote inside a quoted cell is not doubled ({error})"


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
    return Dialect(best, tuple(names), not by_position, hint)


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
