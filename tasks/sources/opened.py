"""A file opened for reading: its format, encoding and delimiter found, its columns recognised, its rows at hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from tasks.sources.base import Recognised
from tasks.sources.columns import Columns
from tasks.sources.errors import SourceError, Unfit
from tasks.sources.formats.delimited import read_delimited
from tasks.sources.formats.dialects import Dialect, sniff
from tasks.sources.formats.encodings import decide_encoding
from tasks.sources.formats.files import Format, SourceFile
from tasks.sources.formats.json_documents import read_json
from tasks.sources.formats.json_lines import is_one_value_a_line, read_json_lines
from tasks.sources.formats.parquet import read_parquet
from tasks.sources.formats.texts import Text
from tasks.sources.intake import Intake, Row
from tasks.sources.shapes import aliases
from tasks.sources.shapes.candidates import shorten_names
from tasks.sources.shapes.layout import Layout
from tasks.sources.shapes.recognise import recognise

SAMPLE_ROWS = 60


@dataclass(frozen=True)
class Opened:
    """Rows with their meaning.

    Attributes:
        path: For reports.
        name: What ids made for threads without one begin with.
    """

    path: str
    name: str
    layout: Layout
    rows: Iterator[Row]


@dataclass(frozen=True)
class _Rows:
    rows: Iterator[Row]
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    notes: tuple[str, ...] = ()


def open_file(file: SourceFile, intake: Intake) -> Opened:
    """Open a file and recognise its columns.

    Raises:
        SourceError: It cannot be read or has nothing to evaluate.
    """
    if file.format == "parquet":
        return open_rows(file.path, file.name, _Rows(read_parquet(file.path, intake.count_replaced), "parquet"), intake)
    return open_rows(file.path, file.name, _open_text(file, intake), intake)


def open_query(rows: Iterator[Row], name: str, intake: Intake) -> Opened:
    """The same for the rows of a query."""
    return open_rows(name, name, _Rows(rows, "rows"), intake)


def open_rows(path: str, name: str, source: _Rows, intake: Intake) -> Opened:
    """Look at the first rows and recognise their columns.

    Raises:
        SourceError: There is no usable row.
    """
    before = intake.report.bad_rows
    sample = list(islice(source.rows, SAMPLE_ROWS))
    if not sample:
        raise SourceError(nothing_usable(path, intake, intake.report.bad_rows - before))
    layout = recognise(path, [row.values for row in sample], intake.columns)
    intake.note(
        Recognised(
            file=path,
            format=source.format,
            encoding=source.encoding,
            delimiter=source.delimiter,
            shape=layout.shape,
            columns=layout.describe(),
            metadata=layout.metadata,
            notes=(*source.notes, *layout.notes),
        )
    )
    return Opened(path, name, layout, chain(sample, source.rows))


def nothing_usable(path: str, intake: Intake, bad_rows: int) -> str:
    """What to say of a file without a usable row."""
    if not bad_rows:
        return f"{path}: nothing to evaluate: the file has no rows"
    first = next((bad for bad in intake.report.first_bad_rows if bad.file == path), None)
    return f"{path}: nothing to evaluate: none of {bad_rows} rows can be used" + (
        f"; the first: {first}" if first else ""
    )


def _open_text(file: SourceFile, intake: Intake) -> _Rows:
    encoding = decide_encoding(file.path, intake.columns.constants.get("encoding"))
    notes: list[str] = []
    if encoding.undecodable:
        if intake.strict:
            problem = f"not valid {encoding.name}, here and in {encoding.undecodable - 1} more places"
            raise SourceError(
                f"{file.path}:{encoding.first_line}: {problem}; correct them, or name --columns encoding:=NAME"
            )
        places = f"{encoding.undecodable} places, first in line {encoding.first_line}"
        notes.append(f"not valid {encoding.name} in {places}; read as U+FFFD")
        intake.count_replaced(encoding.undecodable)
    text = Text(file.path, encoding.name, intake.count_replaced)

    def reject(line: int, problem: Unfit) -> None:
        intake.reject(file.path, line, problem)

    form = _form(file.format, text)
    if form == "csv":
        dialect = _find_dialect(text, intake.columns)
        rows = read_delimited(text, dialect, reject)
        return _Rows(rows, form, encoding.name, dialect.delimiter, tuple(notes))
    rows = read_json_lines(text, reject) if form == "jsonl" else read_json(text, reject)
    return _Rows(rows, form, encoding.name, None, tuple(notes))


def _find_dialect(text: Text, columns: Columns) -> Dialect:
    named = frozenset(columns.names.values())

    def known(name: str) -> bool:
        return name.strip() in named or aliases.is_known(name)

    dialect = sniff(text, columns.constants.get("delimiter"), columns.by_position, known)
    is_header = not named.isdisjoint(dialect.header) or dialect.looks_like_names(known)
    if dialect.has_header and not is_header:
        raise SourceError(_unknown_header(text.path, dialect.header))
    return dialect


def _form(form: Format, text: Text) -> Format:
    return "json" if form == "jsonl" and not is_one_value_a_line(text) else form


def _unknown_header(path: str, header: tuple[str, ...]) -> str:
    return (
        f"{path}:1: the first line ({shorten_names(header)}) is no header with a known column name; name the columns, "
        "--columns text=COLUMN,thread_id=COLUMN, or by number where there is no header, --columns text=1,thread_id=2"
    )
