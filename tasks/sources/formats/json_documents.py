"""Rows of a JSON file: an array of records, records one after another, one record, or records inside a wrapper."""

from collections.abc import Callable, Iterator
from typing import cast

from tasks.sources.errors import Unfit
from tasks.sources.formats.json_stream import JsonStream
from tasks.sources.formats.json_values import as_record
from tasks.sources.formats.texts import Text
from tasks.sources.intake import Row
from tasks.sources.shapes import aliases
from tasks.sources.shapes.messages_found import is_conversation

Found = tuple[int, object]


def read_json(text: Text, reject: Callable[[int, Unfit], None]) -> Iterator[Row]:
    """Read the records with flat memory.

    Args:
        text: The file.
        reject: Told the line and the problem of each value that is no record.

    Raises:
        SourceError: The JSON is not valid or is cut off.
    """
    for number, (line, value) in enumerate(_values(JsonStream(text)), start=1):
        try:
            yield Row(line, number, as_record(value))
        except Unfit as problem:
            reject(line, problem)


def _values(stream: JsonStream) -> Iterator[Found]:
    first = True
    while start := stream.look():
        if start == "[":
            stream.take("[")
            for element in stream.elements():
                yield stream.line, element
        elif start == "{" and first:
            yield from _records_of_object(stream)
        else:
            value = stream.value()
            yield stream.line, value
        first = False


def _records_of_object(stream: JsonStream) -> Iterator[Found]:
    """The records of a wrapper such as {"data": [...]}, or the object itself as the one record."""
    stream.take("{")
    line, whole, wrapper = stream.line, dict[str, object](), False
    while stream.look() != "}":
        key = stream.value()
        stream.take(":")
        if stream.look() == "[":
            stream.take("[")
            elements = stream.elements()
            kept: list[object] = []
            for element in elements:
                if not kept and _is_record(element):
                    wrapper = True
                    yield stream.line, element
                    yield from ((stream.line, other) for other in elements)
                else:
                    kept.append(element)
            whole[str(key)] = kept
        else:
            whole[str(key)] = stream.value()
        if stream.look() != "}":
            stream.take(",}")
    stream.take("}")
    if not wrapper:
        yield line, whole


def _is_record(element: object) -> bool:
    """True for what is a thread or a row of one by itself: it holds messages, or names its thread."""
    if not isinstance(element, dict):
        return is_conversation(element)
    record = cast("dict[str, object]", element)
    thread_ids = aliases.ranks(aliases.THREAD_ID)
    return any(aliases.normalise(key) in thread_ids or is_conversation(value) for key, value in record.items())
