"""A conversation thread and its messages, as evaluated and as stored."""

import hashlib
from functools import cached_property
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue, TypeAdapter

from storage.records.base import Record

Role = Literal["user", "assistant", "system", "tool"]


class ToolCall(Record):
    """One call of a tool that an assistant message made.

    Attributes:
        id: The call's id, which a tool message answers with; None where the data has none.
        name: The tool's name.
        arguments: The arguments as the data gives them: parsed JSON where it parses, else the text.
    """

    id: str | None = None
    name: str
    arguments: JsonValue = None


class Message(Record):
    """One message of a thread. Its index is its place in `Thread.messages`, from 0.

    Attributes:
        role: Who speaks.
        text: What is said; may be empty. Never holds NUL or lone surrogates.
        created_at: When, in UTC; None where the data does not say.
        recorded_intents: What the bot took the user message for, as the data records it; empty where it does not.
        expected_intents: The label: what the intent should have been; empty where the data has no label.
        recorded_query_type: The bot's query type of a user message; None where not recorded.
        expected_query_type: The label of the query type; None where there is none.
        tool_calls: Calls an assistant message made.
        tool_call_id: Which call a tool message answers.
        has_image: True where the message came with an image.
        metadata: Columns and keys that have no place of their own, unchanged.
    """

    role: Role
    text: str = ""
    created_at: AwareDatetime | None = None
    recorded_intents: tuple[str, ...] = ()
    expected_intents: tuple[str, ...] = ()
    recorded_query_type: str | None = None
    expected_query_type: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    has_image: bool = False
    metadata: dict[str, JsonValue] = Field(default_factory=dict)


class Thread(Record):
    """A whole conversation between one user and one bot.

    Attributes:
        external_id: The id the source gives it, unique within a run (made so, and reported, where it repeats).
        user_id: Whose thread; None where the data does not say.
        name: A title; None where there is none.
        messages: In order; at least one.
        labelled_success: The data's own success column; None where there is none.
        created_at: First time in the thread, UTC; None where no message has one.
        last_active: Last time in the thread, UTC; None where no message has one.
        metadata: Columns and keys of the thread that have no place of their own, unchanged.
    """

    external_id: str
    user_id: str | None = None
    name: str | None = None
    messages: tuple[Message, ...]
    labelled_success: bool | None = None
    created_at: AwareDatetime | None = None
    last_active: AwareDatetime | None = None
    metadata: dict[str, JsonValue] = Field(default_factory=dict)

    @cached_property
    def messages_json(self) -> bytes:
        """The messages as a JSON array, defaults left out: what the table stores."""
        return MESSAGES.dump_json(self.messages, exclude_defaults=True)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) over everything but the external id: equal content has an equal hash in every source."""
        rest = self.model_dump_json(exclude={"external_id", "messages"}, exclude_defaults=True)
        return hashlib.sha256(rest.encode() + b"\n" + self.messages_json).hexdigest()


MESSAGES: TypeAdapter[tuple[Message, ...]] = TypeAdapter(tuple[Message, ...])
