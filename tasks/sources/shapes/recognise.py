"""Recognise the shape of a file and its columns from the first rows, or as the user names them."""

from collections.abc import Mapping, Sequence
from typing import cast

import orjson

from tasks.sources.columns import Columns
from tasks.sources.errors import SourceError, Unfit
from tasks.sources.shapes import aliases
from tasks.sources.shapes.candidates import Candidates, shorten_names
from tasks.sources.shapes.layout import MESSAGE_ROLES, Layout, Shape
from tasks.sources.shapes.messages_found import is_conversation
from tasks.sources.shapes.times import TimeReader, is_day_first
from tasks.sources.shapes.values import read_flag, read_id, read_number

RECORD_ROLES = ("thread_id", "user_id", "name", "success", "created_at", "last_active", "messages")
Sample = Sequence[Mapping[str, object]]


def recognise(file: str, sample: Sample, given: Columns) -> Layout:
    """Find the shape and the columns.

    Args:
        file: For errors.
        sample: The first rows; at least one.
        given: What the user said.

    Raises:
        SourceError: Nothing in the rows can be a message, or a column named is not there.
    """
    found = Candidates(file, sample, given)
    messages = _find_messages(found, given)
    if messages:
        return _recognise_threads(file, found, given, messages)
    found.take_given([role for role in aliases.ROLES_OF_COLUMNS if role not in ("messages", "last_active")])
    shape = _shape_of_rows(file, found, given)
    notes = _find_thread_id(found, shape, given)
    label_names = aliases.LABEL if shape == "texts" else aliases.EXPECTED_INTENTS
    found.take("user_id", aliases.USER_ID, lambda value: read_id(value, ""))
    found.take("name", aliases.TITLE)
    found.take("success", aliases.SUCCESS, lambda value: read_flag(value, ""))
    _take_message_roles(found, label_names)
    return Layout(shape, found.found, {}, found.rest(), _day_first(found), tuple(notes))


def _find_messages(found: Candidates, given: Columns) -> str | None:
    """The column that holds whole conversations."""
    named = given.names.get("messages")
    if named is not None:
        found.take_given(["messages"])
        return named or None
    if any(given.names.get(role) in found.names for role in ("text", "query", "reply")):
        return None
    known = aliases.ranks(aliases.MESSAGES)
    names = [name for name in found.names if _holds_conversations(found, name)]
    return min(names, key=lambda name: known.get(aliases.normalise(name), len(known)), default=None)


def _holds_conversations(found: Candidates, name: str) -> bool:
    values = [read_list(value) for value in found.values(name)]
    filled = [value for value in values if value != []]
    return bool(filled) and sum(map(is_conversation, filled)) * 2 > len(filled)


def read_list(value: object) -> object:
    """A list as it is, or read from the JSON text of a cell; anything else unchanged."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return cast("object", orjson.loads(value))
        except orjson.JSONDecodeError:
            return value
    return value


def _recognise_threads(file: str, found: Candidates, given: Columns, messages: str) -> Layout:
    found.found["messages"] = messages
    inside = Candidates(file, _sample_messages(found, messages), given)
    found.take_given(RECORD_ROLES, elsewhere=inside.names)
    inside.take_given(MESSAGE_ROLES, elsewhere=found.names)
    if "created_at" in inside.found and inside.found["created_at"] == found.found.get("created_at"):
        del found.found["created_at"]
    found.take("thread_id", aliases.RECORD_ID, lambda value: read_id(value, ""))
    found.take("user_id", aliases.USER_ID, lambda value: read_id(value, ""))
    found.take("name", f"{aliases.TITLE} name")
    found.take("success", aliases.SUCCESS, lambda value: read_flag(value, ""))
    found.take("created_at", aliases.CREATED_AT, TimeReader("").read)
    found.take("last_active", aliases.LAST_ACTIVE, TimeReader("").read)
    found.take("expected_intents", aliases.EXPECTED_INTENTS)
    found.take("recorded_intents", aliases.RECORDED_INTENTS)
    inside.take("role", aliases.ROLE)
    inside.take("text", aliases.TEXT)
    if inside.names and ("text" not in inside.found or ("role" not in inside.found and "role" not in given.constants)):
        missing = "text" if "text" not in inside.found else "role"
        raise SourceError(
            f"{file}: no key of the messages in {messages!r} is known as their {missing}; "
            f"name it, --columns {missing}=KEY; there are: {shorten_names(inside.names)}"
        )
    _take_message_roles(inside, aliases.EXPECTED_INTENTS)
    return Layout("threads", found.found, inside.found, found.rest(), _day_first(inside))


def _sample_messages(found: Candidates, messages: str) -> list[Mapping[str, object]]:
    conversations = [read_list(value) for value in found.values(messages)]
    every = [message for value in conversations if isinstance(value, list) for message in cast("list[object]", value)]
    return [cast("Mapping[str, object]", message) for message in every[:400] if isinstance(message, Mapping)]


def _shape_of_rows(file: str, found: Candidates, given: Columns) -> Shape:
    if not ({"text", "query", "reply"} & found.found.keys()):
        if not found.has(aliases.ROLE) or not found.has(aliases.TEXT):
            _take_turn(found)
        if not ({"query", "reply"} & found.found.keys()):
            found.take("text", aliases.TEXT, _refuse_object)
    elif {"query", "reply"} & found.found.keys():
        found.take("query", aliases.QUERY)
        found.take("reply", aliases.REPLY)
    if {"query", "reply"} & found.found.keys():
        return "turns"
    if "text" not in found.found:
        query = found.take("query", aliases.QUERY, _refuse_object)
        if query is None:
            raise SourceError(
                f"{file}: no column is known as the text of messages; there are: {shorten_names(found.names)}; "
                "name it, --columns text=COLUMN; in a file without a header line by number, --columns text=1"
            )
        del found.found["query"]
        found.found["text"] = query
    found.take("role", aliases.ROLE)
    named = "thread_id" in found.found or found.has(aliases.THREAD_ID) or "role" in found.found
    return "messages" if named else "texts"


def _refuse_object(value: object) -> None:
    if isinstance(value, Mapping):
        raise Unfit("an object, not a text")


def _take_turn(found: Candidates) -> None:
    """Query and reply side by side; one of them may bear a common name such as `message`."""
    reply = found.has(aliases.REPLY)
    query = found.has(aliases.QUERY) or found.has(aliases.TEXT)
    if reply and query and reply != query:
        found.found |= {"query": query, "reply": reply}


def _find_thread_id(found: Candidates, shape: Shape, given: Columns) -> list[str]:
    """Take the id column; says what is assumed where there is none, or no role."""
    notes: list[str] = []
    if shape == "messages":
        if not found.take("thread_id", aliases.THREAD_ID) and "thread_id" not in given.names:
            name = found.has("id")
            if name and len(set(map(str, found.values(name)))) < len(found.values(name)):
                found.found["thread_id"] = name
        if "thread_id" not in found.found:
            notes.append("no column is known as thread id: the file is one thread")
        if "role" not in found.found and "role" not in given.constants:
            notes.append("no column is known as role: all messages are the user's")
    elif not found.take("thread_id", aliases.RECORD_ID):
        notes.append("no column is known as thread id: each row is a thread, with an id made of file and row")
    return notes


def _take_message_roles(found: Candidates, label_names: str) -> None:
    found.take("index", aliases.INDEX, lambda value: read_number(value, ""))
    found.take("sentence", aliases.SENTENCE, lambda value: read_number(value, ""))
    found.take("created_at", aliases.CREATED_AT, TimeReader("").read)
    found.take("recorded_intents", aliases.RECORDED_INTENTS)
    found.take("expected_intents", label_names)
    found.take("recorded_query_type", aliases.RECORDED_QUERY_TYPE)
    found.take("expected_query_type", aliases.EXPECTED_QUERY_TYPE)
    found.take("has_image", aliases.HAS_IMAGE, lambda value: read_flag(value, ""))
    found.take("tool_calls", aliases.TOOL_CALLS)
    found.take("tool_call_id", aliases.TOOL_CALL_ID)


def _day_first(found: Candidates) -> bool:
    column = found.found.get("created_at")
    return column is not None and is_day_first(found.values(column))
