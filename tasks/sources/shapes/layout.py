"""What the columns of one file mean: its shape, and the column or key of each role."""

from dataclasses import dataclass, field
from typing import Literal

Shape = Literal["messages", "turns", "threads", "texts"]

MESSAGE_ROLES = (
    "index",
    "sentence",
    "created_at",
    "role",
    "text",
    "recorded_intents",
    "expected_intents",
    "recorded_query_type",
    "expected_query_type",
    "has_image",
    "tool_calls",
    "tool_call_id",
)


@dataclass(frozen=True)
class Layout:
    """The meaning of a file's columns.

    Attributes:
        columns: Column of the row by role.
        message_keys: Key of a message inside a record by role; empty unless the shape is `threads`.
        metadata: Columns without a role.
        day_first: Whether written dates have the day first.
        notes: What was assumed, one sentence each.
    """

    shape: Shape
    columns: dict[str, str]
    message_keys: dict[str, str] = field(default_factory=dict[str, str])
    metadata: tuple[str, ...] = ()
    day_first: bool = False
    notes: tuple[str, ...] = ()

    @property
    def groups_rows(self) -> bool:
        """True when rows are brought together by thread id."""
        return self.shape in ("messages", "turns") and "thread_id" in self.columns

    def describe(self) -> dict[str, str]:
        """Column by role for people; keys inside messages are written `messages.KEY`."""
        inside = self.columns.get("messages", "messages")
        return self.columns | {role: f"{inside}.{key}" for role, key in self.message_keys.items()}
