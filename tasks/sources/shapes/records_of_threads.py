"""Records that are whole threads: an object with its list of messages, or the list alone."""

from collections.abc import Iterator, Mapping
from typing import cast

from tasks.sources.errors import Unfit
from tasks.sources.intake import Intake, Row
from tasks.sources.shapes.layout import Layout
from tasks.sources.shapes.message_reader import MessageFields, MessageReader
from tasks.sources.shapes.pieces import Piece, ThreadFields, build_thread, join_messages, put_in_order
from tasks.sources.shapes.recognise import read_list
from tasks.sources.shapes.rows import read_thread_fields
from tasks.sources.shapes.times import TimeReader
from tasks.sources.shapes.values import read_id, to_json


class RecordReader:
    """Reads the records of one file.

    Args:
        file: For reports.
        name: What the ids of records without one begin with.
        layout: What the keys mean.
        intake: Where bad records are put down.
    """

    def __init__(self, file: str, name: str, layout: Layout, intake: Intake) -> None:
        self._file, self._name, self._layout, self._intake = file, name, layout, intake
        self._keys = layout.message_keys
        self._taken = frozenset(layout.columns.values()) - {
            layout.columns.get("expected_intents"),
            layout.columns.get("recorded_intents"),
        }
        self._reader = MessageReader(self._keys, frozenset(self._keys.values()), intake.columns, layout.day_first)
        pairs = {"role": "role", "text": "text"}
        self._pairs = MessageReader(pairs, frozenset(pairs), intake.columns, day_first=False)
        self._times = {
            role: TimeReader(layout.columns[role], layout.day_first)
            for role in ("created_at", "last_active")
            if role in layout.columns
        }

    def threads(self, rows: Iterator[Row]) -> Iterator[ThreadFields]:
        """Each usable record as the fields of a thread; one with a message that cannot be used is a bad row."""
        for row in rows:
            try:
                yield self._thread(row)
            except Unfit as problem:
                self._intake.reject(self._file, row.line, problem)

    def _thread(self, row: Row) -> ThreadFields:
        columns = self._layout.columns
        thread_id = (
            read_id(row.values.get(columns["thread_id"]), columns["thread_id"]) if "thread_id" in columns else None
        )
        fields = read_thread_fields(columns, row)
        for role, times in self._times.items():
            if (moment := times.read(row.values.get(columns[role]))) is not None:
                fields[role] = moment
        messages = self._messages(row)
        rest: dict[str, object] = {
            key: to_json(value)
            for key, value in row.values.items()
            if key not in self._taken and value not in (None, "")
        }
        self._label_only_question(messages, rest)
        if rest:
            fields["metadata"] = rest
        return build_thread(thread_id or f"{self._name}:{row.number}", messages, fields)

    def _messages(self, row: Row) -> list[MessageFields]:
        column = self._layout.columns["messages"]
        messages = read_list(row.values.get(column))
        if not isinstance(messages, list) or not messages:
            raise Unfit("no messages", column, row.values.get(column))
        pieces = [
            self._piece(message, f"{column}[{place}]") for place, message in enumerate(cast("list[object]", messages))
        ]
        return join_messages(put_in_order(pieces))

    def _piece(self, message: object, place: str) -> Piece:
        try:
            match message:
                case Mapping():
                    values = cast("Mapping[str, object]", message)
                    index, sentence = (self._reader.place(values, role) for role in ("index", "sentence"))
                    return Piece(index, sentence, [self._reader.read(values)], {})
                case [str() as speaker, (str() | None) as text]:
                    return Piece(None, None, [self._pairs.read({"role": speaker, "text": text})], {})
                case _:
                    raise Unfit("not a message but something else", "", message)
        except Unfit as problem:
            column = f"{place}.{problem.column}" if problem.column else place
            raise Unfit(problem.problem, column, problem.value) from problem

    def _label_only_question(self, messages: list[MessageFields], rest: dict[str, object]) -> None:
        """Intents of a whole record are those of its user message where it has one only; else they stay metadata."""
        questions = [message for message in messages if message["role"] == "user"]
        if len(questions) != 1:
            return
        for role in ("expected_intents", "recorded_intents"):
            column = self._layout.columns.get(role)
            if column in rest and role not in questions[0]:
                questions[0][role] = self._reader.intents(rest.pop(column))
