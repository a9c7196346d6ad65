"""What every source takes and gives: a selection in, a report of what was read, and one error for unusable input."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import AwareDatetime, Field

from storage.records import Record
from tasks.sources.columns import Columns
from tasks.sources.errors import SourceError

__all__ = [
    "BadRow",
    "Columns",
    "LoadReport",
    "Preview",
    "Recognised",
    "Selection",
    "SourceError",
    "commonest",
    "shorten",
]

SHOWN_CHARACTERS = 80
KEPT_BAD_ROWS = 100
KEPT_EXAMPLES = 20


def shorten(value: object) -> str:
    """A value as one short line, for messages."""
    text = repr(value) if isinstance(value, str) else repr(value)[: SHOWN_CHARACTERS * 2]
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 4] + "..." + text[-1]


class BadRow(Record):
    """A row that cannot be used, and why.

    Attributes:
        file: The file as named by the user, or the name of the query.
        line: From 1: the line the row starts on; for Parquet and queries the number of the row; None for a whole file.
        column: The column or key; None where the row as a whole is wrong.
        value: What stands there, shortened to about 80 characters; None where the row as a whole is wrong.
        problem: What is wrong and what to do.
    """

    file: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    problem: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        column = "" if self.column is None else f"column {self.column!r}: "
        value = "" if self.value is None else f"value {self.value}: "
        return f"{place}: {column}{value}{self.problem}"


class Selection(Record):
    """Which threads to take; applied in this order: ids, since, sample, limit.

    Attributes:
        thread_ids: External ids (as made unique); empty means all.
        limit: The first so many, in file order; 0 means all.
        sample: So many with the smallest SHA-256 of seed and id, whatever their order; 0 means all.
        seed: Which sample.
        since: Threads last active (else created) at or after this time; threads without a time are left out.
    """

    thread_ids: tuple[str, ...] = ()
    limit: int = Field(default=0, ge=0)
    sample: int = Field(default=0, ge=0)
    seed: int = 0
    since: AwareDatetime | None = None


class Recognised(Record):
    """What one file was taken for.

    Attributes:
        format: `csv`, `json`, `jsonl`, `parquet` or `rows` (a query).
        encoding: None for Parquet and queries.
        delimiter: None but for CSV.
        shape: `messages` (a row is a message), `turns` (a row is a query and its reply), `threads` (a record is a
            thread), `texts` (a row is a thread of one user message).
        columns: Column by role; keys of messages inside a record are written `messages.KEY`.
        metadata: Columns without a role, kept as metadata.
        notes: What was assumed, one sentence each.
    """

    file: str
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    shape: str
    columns: Mapping[str, str]
    metadata: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class LoadReport:
    """What was read; filled while threads are read, complete when they are exhausted.

    Attributes:
        files: SHA-256 (hex) by path.
        threads: Threads given out, after the selection.
        messages: Messages in them.
        bad_rows: Rows left out.
        first_bad_rows: The first 100 of them.
        duplicate_ids: Threads whose id repeated and was made unique (`id#2`), before the selection.
        duplicate_examples: The first 20 ids made so.
        continued: Threads whose rows went on in a later file and were joined.
        without_time: Threads left out by `since` because they have no time.
        replaced_characters: NUL characters, lone surrogates and undecodable bytes replaced by U+FFFD.
    """

    recognised: list[Recognised] = field(default_factory=list[Recognised])
    files: dict[str, str] = field(default_factory=dict[str, str])
    threads: int = 0
    messages: int = 0
    bad_rows: int = 0
    first_bad_rows: list[BadRow] = field(default_factory=list[BadRow])
    duplicate_ids: int = 0
    duplicate_examples: list[str] = field(default_factory=list[str])
    continued: int = 0
    without_time: int = 0
    replaced_characters: int = 0


class Preview(Record):
    """A source looked through without storing anything.

    Attributes:
        users: Distinct user ids.
        first: Earliest time of a thread, UTC; None where there is none.
        last: Latest time of a thread, UTC; None where there is none.
        recorded_intents: The 50 commonest intents the bot recorded, with counts.
        expected_intents: The 50 commonest labels, with counts.
    """

    threads: int
    messages: int
    roles: Mapping[str, int]
    users: int
    first: AwareDatetime | None
    last: AwareDatetime | None
    recorded_intents: Mapping[str, int]
    expected_intents: Mapping[str, int]
    recognised: tuple[Recognised, ...]
    bad_rows: int
    first_bad_rows: tuple[BadRow, ...]
    duplicate_ids: int
    duplicate_examples: tuple[str, ...]
    continued: int
    replaced_characters: int


def commonest(counts: Counter[str]) -> dict[str, int]:
    """The 50 commonest, most first, equal counts by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:50])
