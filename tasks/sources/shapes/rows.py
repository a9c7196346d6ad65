"""Rows of messages, turns or texts, read into pieces of threads."""

from collections.abc import Iterator
from typing import cast

from tasks.sources.errors import Unfit
from tasks.sources.intake import Intake, Row
from tasks.sources.shapes.layout import Layout
from tasks.sources.shapes.message_reader import MessageReader
from tasks.sources.shapes.pieces import Piece, ThreadFields
from tasks.sources.shapes.values import read_flag, read_id, read_word


class RowReader:
    """Reads the rows of one file.

    Args:
        file: For reports.
        layout: What its columns mean.
        intake: Where bad rows are put down.
    """

    def __init__(self, file: str, layout: Layout, intake: Intake) -> None:
        self._file = file
        self._layout = layout
        self._columns = layout.columns
        self._intake = intake
        taken = frozenset(layout.columns.values())
        self._messages = MessageReader(layout.columns, taken, intake.columns, layout.day_first)

    def pieces(self, rows: Iterator[Row]) -> Iterator[tuple[Row, str | None, Piece]]:
        """Each usable row with the id of its thread (None where the file has no such column) and its piece."""
        for row in rows:
            try:
                yield row, self._thread_id(row), self._piece(row)
            except Unfit as problem:
                self._intake.reject(self._file, row.line, problem)

    def _thread_id(self, row: Row) -> str | None:
        column = self._columns.get("thread_id")
        if column is None:
            return None
        thread_id = read_id(row.values.get(column), column)
        if thread_id is None:
            raise Unfit("no thread id", column, row.values.get(column))
        return thread_id

    def _piece(self, row: Row) -> Piece:
        messages = self._turn(row) if self._layout.shape == "turns" else [self._messages.read(row.values)]
        return Piece(
            self._messages.place(row.values, "index"),
            self._messages.place(row.values, "sentence"),
            messages,
            self._thread_fields(row),
        )

    def _turn(self, row: Row) -> list[dict[str, object]]:
        """The query and its reply; a blank reply is a message too, so that it can be found fault with."""
        messages: list[dict[str, object]] = []
        if "query" in self._columns:
            query: dict[str, object] = {"role": "user"}
            self._messages.set_text(query, row.values.get(self._columns["query"]))
            self._messages.annotate(query, row.values)
            messages.append(query)
        if "reply" in self._columns:
            reply: dict[str, object] = {"role": "assistant"}
            self._messages.set_text(reply, row.values.get(self._columns["reply"]))
            if (moment := self._messages.time(row.values)) is not None:
                reply["created_at"] = moment
            self._messages.add_calls(reply, row.values)
            messages.append(reply)
        return messages

    def _thread_fields(self, row: Row) -> ThreadFields:
        return read_thread_fields(self._columns, row)


def read_thread_fields(columns: dict[str, str], row: Row) -> ThreadFields:
    """User, name and success of a thread, where a row or record says them.

    Raises:
        Unfit: A value cannot be used.
    """
    fields: ThreadFields = {}
    if (column := columns.get("user_id")) and (user := read_id(row.values.get(column), column)) is not None:
        fields["user_id"] = user
    if (column := columns.get("name")) and (name := read_word(row.values.get(column))) is not None:
        fields["name"] = name
    if (column := columns.get("success")) and (flag := read_flag(row.values.get(column), column)) is not None:
        fields["labelled_success"] = cast("object", flag)
    return fields
