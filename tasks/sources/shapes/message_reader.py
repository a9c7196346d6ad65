"""Reads one message out of a row or an object, by the columns recognised."""

from collections.abc import Mapping
from typing import cast

from storage.records import Role
from tasks.sources.columns import Columns
from tasks.sources.errors import Unfit
from tasks.sources.shapes.aliases import ROLE_BY_WORD, TOOL_CALL_SPEAKERS, normalise
from tasks.sources.shapes.contents import parse_if_json, read_content, read_intents, read_tool_calls
from tasks.sources.shapes.times import TimeReader
from tasks.sources.shapes.values import is_missing, read_flag, read_id, read_number, read_text, read_word, to_json

Values = Mapping[str, object]
MessageFields = dict[str, object]
LONGEST_WORD = 40


class MessageReader:
    """Reads messages of one file.

    Args:
        keys: Column by role.
        taken: Columns that have a role anywhere; the others become metadata.
        given: What the user said.
        day_first: Whether written dates have the day first.
    """

    def __init__(self, keys: Mapping[str, str], taken: frozenset[str], given: Columns, day_first: bool) -> None:
        self._keys = keys
        self._taken = taken
        self._given = given
        self._separator = given.constants.get("intent_separator")
        self._constant: Role = ROLE_BY_WORD[given.constants.get("role", "user")]
        self._default: Role | None = self._constant if "role" in given.constants else None
        self._roles: dict[str, Role] = {}
        self._time = TimeReader(keys.get("created_at", ""), day_first)
        self._extras = [
            (role, keys[role])
            for role in ("recorded_intents", "expected_intents", "recorded_query_type", "expected_query_type")
            if role in keys
        ]

    def read(self, values: Values) -> MessageFields:
        """The fields of the message in a row of one message.

        Raises:
            Unfit: A value cannot be used.
        """
        speaker = values.get(self._keys["role"]) if "role" in self._keys else None
        message: MessageFields = {"role": self.role(speaker)}
        self.set_text(message, values.get(self._keys["text"]))
        if isinstance(speaker, str) and normalise(speaker) in TOOL_CALL_SPEAKERS:
            self._set_call(message)
        self.annotate(message, values)
        self.add_calls(message, values)
        return message

    def role(self, speaker: object) -> Role:
        """The role of a speaker; without a role column the constant, else the user.

        Raises:
            Unfit: The word is not known.
        """
        if "role" not in self._keys:
            return self._constant
        if not isinstance(speaker, str):
            return self._role_of_word(speaker)
        if speaker not in self._roles:
            self._roles[speaker] = self._role_of_word(speaker)
        return self._roles[speaker]

    def set_text(self, message: MessageFields, content: object) -> None:
        """Put a text, or content of typed parts, into a message."""
        if isinstance(content, str):
            message["text"] = content
        elif isinstance(content, list):
            read_content(cast("list[object]", content), message)
        elif isinstance(content, Mapping):
            read_content([cast("object", content)], message)
        else:
            message["text"] = read_text(content)

    def annotate(self, message: MessageFields, values: Values) -> None:
        """Add time, intents, query types, image and metadata.

        Raises:
            Unfit: A value cannot be used.
        """
        if (moment := self.time(values)) is not None:
            message["created_at"] = moment
        for role, key in self._extras:
            value = values.get(key)
            if value is not None and value != "":
                message[role] = self.intents(value) if role.endswith("intents") else read_word(value)
        if "has_image" in self._keys and read_flag(values.get(self._keys["has_image"]), self._keys["has_image"]):
            message["has_image"] = True
        rest = {key: to_json(values[key]) for key in values if key not in self._taken and values[key] not in (None, "")}
        if rest:
            message["metadata"] = rest | cast("dict[str, object]", message.get("metadata", {}))

    def add_calls(self, message: MessageFields, values: Values) -> None:
        """Add tool calls and the call answered."""
        calls = values.get(self._keys["tool_calls"]) if "tool_calls" in self._keys else None
        if not is_missing(calls):
            message["tool_calls"] = (
                *cast("tuple[object, ...]", message.get("tool_calls", ())),
                *read_tool_calls(calls),
            )
        if "tool_call_id" in self._keys:
            answered = read_id(values.get(self._keys["tool_call_id"]), self._keys["tool_call_id"])
            if answered is not None:
                message["tool_call_id"] = answered

    def intents(self, value: object) -> tuple[str, ...]:
        """The intents in a cell."""
        return read_intents(value, self._separator)

    def time(self, values: Values) -> object:
        """The time of a row; None where it has none."""
        return self._time.read(values.get(self._keys["created_at"])) if "created_at" in self._keys else None

    def place(self, values: Values, role: str) -> float | None:
        """The number in the column of `index` or `sentence`; None where the file has no such column.

        Raises:
            Unfit: It is no number.
        """
        key = self._keys.get(role)
        return None if key is None else read_number(values.get(key), key)

    def _role_of_word(self, speaker: object) -> Role:
        given = self._given.speakers
        word = normalise(str(speaker)) if not is_missing(speaker) else ""
        candidates: list[Role | None] = [
            given.get(word),
            ROLE_BY_WORD.get(word),
            given.get("*"),
            None if word else self._default,
        ]
        role: Role | None = next((role for role in candidates if role is not None), None)
        if role is None:
            shown = word if 0 < len(word) <= LONGEST_WORD else "WORD"
            problem = f"not a known speaker; say who it is, --columns role.{shown}=user (or assistant, system, tool)"
            raise Unfit(problem if word else "no speaker", self._keys["role"], speaker)
        return role

    def _set_call(self, message: MessageFields) -> None:
        """A message that is a tool call written as JSON, as in ShareGPT; one that is not stays a text."""
        call = parse_if_json(message["text"])
        if not isinstance(call, str):
            message["tool_calls"] = read_tool_calls(call)
            message["text"] = ""
