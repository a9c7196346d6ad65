"""The errors of sources.

SourceError     the input as a whole cannot be used: the run stops before any model is called (exit 2)
Unfit           one value cannot be used: its row becomes a bad row, and the rest goes on
"""


class SourceError(Exception):
    """Unusable input, in one line: file, line, column, value, and what to do."""


class Unfit(Exception):
    """A value that makes its row a bad row. Raised where the value is read, caught where the row is.

    Attributes:
        problem: What is wrong and what to do.
        column: The column or key; None where the row as a whole is wrong.
        value: What stands there.
    """

    def __init__(self, problem: str, column: str | None = None, value: object = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.column = column
        self.value = value
