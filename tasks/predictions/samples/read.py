"""Reads the samples of a data set: JSON, JSONL, CSV, TSV, Parquet or plain text, its format recognised row by row."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from tasks.predictions.samples.formats import COLUMNS, EXPECTED, samples_of
from tasks.predictions.samples.passages import paragraphs, split_text
from tasks.predictions.samples.sample import Sample, SampleFile, SamplesError
from tasks.sources.base import LoadReport
from tasks.sources.columns import Columns
from tasks.sources.errors import SourceError, Unfit
from tasks.sources.formats.delimited import read_delimited
from tasks.sources.formats.dialects import sniff
from tasks.sources.formats.encodings import decide_encoding
from tasks.sources.formats.files import FORMATS, KNOWN, recognise_format
from tasks.sources.formats.json_documents import read_json
from tasks.sources.formats.json_lines import is_one_value_a_line, read_json_lines
from tasks.sources.formats.parquet import read_parquet
from tasks.sources.formats.texts import Text
from tasks.sources.intake import Intake, Row
from tasks.sources.shapes.candidates import shorten_names

WRAPPERS = ("data", "train", "rows", "examples", "samples", "instances")
"""Keys under which a JSON file may hold all its rows."""
Found = Iterator[tuple[str, Sample]]


def read_samples(path: str | Path) -> SampleFile:
    """Read all samples of a file; a row that cannot be used is put down and left out.

    Raises:
        SamplesError: The file cannot be read, or has no usable row.
    """
    path = str(Path(path).expanduser())
    intake = Intake(LoadReport(), Columns())
    formats: dict[str, None] = {}
    samples: list[Sample] = []
    try:
        for form, sample in _read(path, intake):
            formats[form] = None
            samples.append(sample)
    except SourceError as error:
        raise SamplesError(str(error)) from error
    report = intake.report
    if not samples:
        raise SamplesError(_nothing_usable(path, report))
    replaced = report.replaced_characters
    notes = (f"{replaced:,} characters that cannot be read or stored were read as U+FFFD",) if replaced else ()
    return SampleFile(path, tuple(samples), ", ".join(formats), tuple(report.first_bad_rows), report.bad_rows, notes)


def _read(path: str, intake: Intake) -> Found:
    if Path(path).is_dir():
        raise SamplesError(f"{path}: is a folder: name one file of it ({KNOWN}, plain text)")
    if not Path(path).exists():
        raise SamplesError(f"{path}: no such file")
    form = recognise_format(path)
    if form == "parquet":
        return _samples(path, read_parquet(path, intake.count_replaced), intake)
    encoding = decide_encoding(path)
    intake.count_replaced(encoding.undecodable)
    text = Text(path, encoding.name, intake.count_replaced)
    if form == "csv" and Path(path).suffix.lower() not in FORMATS:
        return _passages(text, intake)
    return _samples(path, _rows(text, form, intake), intake)


def _rows(text: Text, form: str, intake: Intake) -> Iterator[Row]:
    def reject(line: int, problem: Unfit) -> None:
        intake.reject(text.path, line, problem)

    if form == "csv":
        dialect = sniff(text, None, False, lambda name: name.strip().lower() in COLUMNS)
        if COLUMNS.isdisjoint(name.strip().lower() for name in dialect.header):
            raise SamplesError(f"{text.path}:1: no column is known among {shorten_names(dialect.header)}; {EXPECTED}")
        return read_delimited(text, dialect, reject)
    if form == "jsonl" and is_one_value_a_line(text):
        return read_json_lines(text, reject)
    return _unwrapped(read_json(text, reject))


def _unwrapped(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows of `{"data": [...]}`; any other row as it is."""
    for row in rows:
        key, value = next(iter(row.values.items()), ("", None))
        if len(row.values) == 1 and key.lower() in WRAPPERS and isinstance(value, list):
            inner = cast("list[dict[str, object]]", value)
            yield from (Row(row.line, number, each) for number, each in enumerate(inner, start=1))
        else:
            yield row


def _samples(path: str, rows: Iterator[Row], intake: Intake) -> Found:
    for row in rows:
        try:
            form, samples = samples_of(row.values)
        except Unfit as problem:
            intake.reject(path, row.line, problem)
        else:
            yield from ((form, sample) for sample in samples)


def _passages(text: Text, intake: Intake) -> Found:
    for line, paragraph in paragraphs("".join(text.chunks()).replace("\r\n", "\n")):
        try:
            yield "plain text", split_text(paragraph, ends=False)
        except Unfit as problem:
            intake.reject(text.path, line, problem)


def _nothing_usable(path: str, report: LoadReport) -> str:
    if not report.first_bad_rows:
        return f"{path}: no samples: it has no rows; {EXPECTED}"
    return f"{path}: no samples: none of {report.bad_rows} rows can be used; the first: {report.first_bad_rows[0]}"
