"""Threads from files of rows: one conversation is one thread, also when it goes on in a later file."""

from collections.abc import Iterator
from typing import cast

from tasks.sources.base import LoadReport
from tasks.sources.grouping.row_spool import Fragment, RowSpool
from tasks.sources.shapes.pieces import Piece, ThreadFields, build_thread, join_messages, put_in_order

Places = set[tuple[float | None, float | None, object]]


def gather_threads(spool: RowSpool, report: LoadReport) -> Iterator[ThreadFields]:
    """The threads of what was spooled.

    Rows of one id in one file are one thread, wherever they stand. Rows in a later file are joined to it where they
    can be its continuation: every row has an index or a time, none of them occurs twice, and the user is the same.
    Otherwise they are another conversation under the same id.
    """
    for fragments in spool.groups():
        conversations = _by_conversation(fragments)
        for pieces, files in conversations:
            report.continued += files > 1
            fields: ThreadFields = {}
            for piece in pieces:
                fields |= piece.thread if "user_id" not in fields else {**piece.thread, "user_id": fields["user_id"]}
            yield build_thread(fragments[0][0], join_messages(put_in_order(pieces)), fields)


def _by_conversation(fragments: list[Fragment]) -> list[tuple[list[Piece], int]]:
    """The pieces of each conversation, and in how many files it stands."""
    by_file: dict[int, list[Piece]] = {}
    for _, file, pieces in fragments:
        by_file.setdefault(file, []).extend(pieces)
    conversations: list[tuple[list[Piece], int]] = []
    for pieces in by_file.values():
        if conversations and _continues(conversations[-1][0], pieces):
            before, files = conversations[-1]
            conversations[-1] = ([*before, *pieces], files + 1)
        else:
            conversations.append((pieces, 1))
    return conversations


def _continues(before: list[Piece], after: list[Piece]) -> bool:
    one, other = _places(before), _places(after)
    if one is None or other is None or not one.isdisjoint(other):
        return False
    users = {cast("str", piece.thread["user_id"]) for piece in (*before, *after) if "user_id" in piece.thread}
    return len(users) <= 1


def _places(pieces: list[Piece]) -> Places | None:
    """Where the pieces stand in their thread; None where one says neither index nor time."""
    if pieces[0].place is not None:
        return {(piece.place, piece.sentence, piece.messages[0]["role"]) for piece in pieces}
    times: Places = {(None, None, piece.messages[0].get("created_at")) for piece in pieces}
    return None if any(time is None for _, _, time in times) else times
