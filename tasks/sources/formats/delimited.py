"""Rows of a CSV file: true line numbers, ragged rows and stray quotes named, one bad row costing one line."""

import csv
from collections.abc import Callable, Iterator

from tasks.sources.errors import SourceError, Unfit
from tasks.sources.formats.dialects import Dialect
from tasks.sources.formats.texts import Text
from tasks.sources.intake import Row

LONGEST_ROW_CHARACTERS = 1 << 22
Reject = Callable[[int, Unfit], None]

csv.field_size_limit(max(csv.field_size_limit(), LONGEST_ROW_CHARACTERS))


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
        SourceError: The header line has a stray quote.
    """
    header, width = dialect.header, len(dialect.header)
    repeated = list(header) if dialect.has_header else None
    lines = _Lines(text.lines())
    number = 0
    skip = dialect.has_header + dialect.hint

    def reject_quote(line: int, problem: Unfit) -> None:
        if skip:
            raise SourceError(f"{text.path}:{line}: the header line cannot be read: {problem.problem}")
        reject(line, problem)

    for line, cells in _cells(lines, dialect.delimiter, reject_quote):
        if skip:
            skip -= 1
            continue
        number += 1
        if cells == repeated:
            reject(line, Unfit("the header line once more"))
            continue
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            hint = f"is a text with {_shown(dialect)} unquoted?"
            reject(line, Unfit(f"{len(cells)} cells where the header has {width}; {hint}"))
            continue
        yield Row(line, number, dict(zip(header, cells, strict=False)))


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
