"""Turns: messages of one side in a row are one turn; system and tool messages are nobody's."""

from itertools import groupby

from storage.records import Role, Thread


def count_turns(thread: Thread, role: Role) -> int:
    """How many turns one side has."""
    speakers = (message.role for message in thread.messages if message.role in ("user", "assistant"))
    return sum(speaker == role for speaker, _ in groupby(speakers))
