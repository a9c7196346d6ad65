"""A sample of a training data set, and a file of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from tasks.errors import RunRefused
from tasks.sources.base import BadRow

Turn = dict[str, object]
"""A message: `role`, `content` (text), and `tool_calls`, `name` or `tool_call_id` where it has them."""


class SamplesError(RunRefused):
    """A data set as a whole cannot be used: one line with the file, what is wrong, and what to do."""


@dataclass(frozen=True)
class Sample:
    """One row of a data set, taken apart into what is asked and what the data answers.

    Attributes:
        messages: The turns before the answer; empty where the row is plain text.
        ground_truth: The answer as text; None where the data has none that is wanted.
        answer: The answer as a turn, where the row is a conversation and has one.
        tools: What the model may call, as the data gives them.
        text: The prompt where it is plain text, which gets no chat template; empty where there are messages.
        is_whole: False where the text goes on after the ground truth, so that no end of a turn follows it.
    """

    messages: tuple[Turn, ...] = ()
    ground_truth: str | None = None
    answer: Turn | None = None
    tools: tuple[dict[str, object], ...] = ()
    text: str = ""
    is_whole: bool = True

    @cached_property
    def id(self) -> str:
        """SHA-256 (hex) of the content: the same wherever the row stands, and however its keys are ordered."""
        content = [self.messages, self.tools, self.text, self.answer, self.ground_truth]
        return _hash(content)

    @cached_property
    def prompt_id(self) -> str:
        """The same of what is asked alone."""
        return _hash([self.messages, self.tools, self.text])

    @cached_property
    def length(self) -> int:
        """Characters of prompt and answer together."""
        turns = sum(len(str(turn.get("content") or "")) for turn in self.messages)
        return turns + len(self.text) + len(self.ground_truth or "")


def _hash(content: Sequence[object]) -> str:
    return sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class SampleFile:
    """What a file holds.

    Attributes:
        format: What its rows are, as `conversations`, `prompt and completion`; several are joined by `, `.
        bad_rows: Rows left out, and why; the first 100.
        bad_row_count: All of them.
        notes: What was assumed, one sentence each.
    """

    path: str
    samples: tuple[Sample, ...]
    format: str
    bad_rows: tuple[BadRow, ...] = ()
    bad_row_count: int = 0
    notes: tuple[str, ...] = field(default=())
