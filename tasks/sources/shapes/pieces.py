"""Pieces of threads: what one row holds, and how the pieces of a thread become its messages."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple, cast

from tasks.sources.shapes.message_reader import MessageFields

ThreadFields = dict[str, object]


class Piece(NamedTuple):
    """What one row gives to its thread.

    Attributes:
        place: Its number in the thread; None where the file has no such column.
        sentence: Its place in a message cut into sentences; None where messages are whole.
        messages: One message, or a query and its reply.
        thread: Fields of the thread that stand in every row.
    """

    place: float | None
    sentence: float | None
    messages: list[MessageFields]
    thread: ThreadFields


def put_in_order(pieces: list[Piece]) -> list[Piece]:
    """By index, then sentence, then time; without an index by time where all have one; else as in the file."""
    timed = all("created_at" in piece.messages[0] for piece in pieces)
    if not timed and pieces[0].place is None:
        return pieces
    return sorted(
        pieces,
        key=lambda piece: (
            piece.place or 0.0,
            piece.sentence or 0.0,
            cast("datetime", piece.messages[0]["created_at"]).timestamp() if timed else 0.0,
        ),
    )


def join_messages(pieces: Sequence[Piece]) -> list[MessageFields]:
    """The messages of ordered pieces; sentences of one message are joined by a space."""
    messages: list[MessageFields] = []
    previous: Piece | None = None
    for piece in pieces:
        if (
            previous is not None
            and piece.sentence is not None
            and (piece.place, piece.messages[0]["role"]) == (previous.place, messages[-1]["role"])
        ):
            messages[-1] = _join(messages[-1], piece.messages[0])
        else:
            messages.extend(piece.messages)
        previous = piece
    return messages


def _join(one: MessageFields, other: MessageFields) -> MessageFields:
    """Two sentences as one message: texts and intents one after the other, metadata that differs as a list."""
    joined = other | one
    joined["text"] = " ".join(filter(None, (str(one["text"]), str(other["text"]))))
    for key in ("recorded_intents", "expected_intents"):
        both = (*cast("tuple[str, ...]", one.get(key, ())), *cast("tuple[str, ...]", other.get(key, ())))
        joined[key] = tuple(dict.fromkeys(both))
    first, second = (cast("dict[str, object]", message.get("metadata", {})) for message in (one, other))
    joined["metadata"] = second | {
        key: value if key not in second or second[key] == value else [*_as_list(value), second[key]]
        for key, value in first.items()
    }
    joined["has_image"] = bool(one.get("has_image") or other.get("has_image"))
    return joined


def _as_list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def build_thread(external_id: str, messages: list[MessageFields], fields: ThreadFields) -> ThreadFields:
    """The fields of a thread: who `system` is settled, first and last time found."""
    _settle_system(messages)
    times = [cast("datetime", message["created_at"]) for message in messages if "created_at" in message]
    spanned = {"created_at": min(times), "last_active": max(times)} if times else {}
    return {"external_id": external_id, "messages": messages} | fields | spanned


def _settle_system(messages: list[MessageFields]) -> None:
    """In research dialogues `system` is the bot: so it is where it answers the user and nobody else does."""
    roles = [message["role"] for message in messages]
    if "assistant" in roles or ("user", "system") not in pairwise(roles):
        return
    for message in messages:
        if message["role"] == "system":
            message["role"] = "assistant"
