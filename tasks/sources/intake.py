"""One reading of a source: where its problems and facts are put down, and whether a bad row stops it."""

from dataclasses import dataclass

from tasks.sources.base import KEPT_BAD_ROWS, BadRow, LoadReport, Recognised, shorten
from tasks.sources.columns import Columns
from tasks.sources.errors import SourceError, Unfit


@dataclass(frozen=True, slots=True)
class Row:
    """One row or record as a format gives it.

    Attributes:
        line: From 1: the line it starts on, or the number of the row in formats without lines.
        number: From 1: which row of the file it is, header and blank lines aside.
        values: Values by column name.
    """

    line: int
    number: int
    values: dict[str, object]


@dataclass(frozen=True)
class Intake:
    """What all steps of one reading share.

    Attributes:
        strict: The first bad row stops the reading.
    """

    report: LoadReport
    columns: Columns
    strict: bool = False

    def reject(self, file: str, line: int | None, problem: Unfit) -> None:
        """Put a bad row down, or stop at it when strict.

        Raises:
            SourceError: The reading is strict.
        """
        value = None if problem.column is None else shorten(problem.value)
        bad = BadRow(file=file, line=line, column=problem.column, value=value, problem=problem.problem)
        if self.strict:
            raise SourceError(str(bad))
        self.report.bad_rows += 1
        if len(self.report.first_bad_rows) < KEPT_BAD_ROWS:
            self.report.first_bad_rows.append(bad)

    def note(self, recognised: Recognised) -> None:
        """Put down what a file was taken for."""
        self.report.recognised.append(recognised)

    def count_replaced(self, characters: int) -> None:
        """Put down characters replaced by U+FFFD."""
        self.report.replaced_characters += characters
