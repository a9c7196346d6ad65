"""Rows of a JSONL file: one JSON value a line; a line that is none is a bad row."""

from collections.abc import Callable, Iterator

from tasks.sources.errors import Unfit
from tasks.sources.formats.json_values import as_record, parse_json
from tasks.sources.formats.texts import Text
from tasks.sources.intake import Row


def read_json_lines(text: Text, reject: Callable[[int, Unfit], None]) -> Iterator[Row]:
    """Read the lines; blank ones are passed over.

    Args:
        text: The file.
        reject: Told the line and the problem of each line that is no record.
    """
    number = 0
    for line, content in enumerate(text.lines(), start=1):
        if not content.strip():
            continue
        number += 1
        try:
            yield Row(line, number, as_record(parse_json(content, text.count)))
        except Unfit as problem:
            cut_off = "" if content.endswith(("\n", "\r")) else " (the file ends here: its last line is cut off)"
            reject(line, Unfit(problem.problem + cut_off))


def is_one_value_a_line(text: Text) -> bool:
    """False when the file is JSON laid out over several lines, whatever its name says."""
    first = next((line for line in text.lines() if line.strip()), "")
    return first.strip() not in ("[", "{", "[{")
