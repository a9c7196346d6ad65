"""A run: one execution of a flow, resumable under its id."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue

from storage.records.base import Record

RunStatus = Literal["running", "completed", "completed_with_errors", "failed", "cancelled", "crashed"]

Reuse = Literal["run", "always", "never"]
"""Whose committed answers are used again: those of the run itself, those of any run, none."""


class Judge(Record):
    """Who judges: `rules` (provider `rules`, no model) or `provider:model`."""

    provider: str
    model: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Judge":
        """Read `rules` or `provider:model`; the model may hold colons itself."""
        provider, _, model = text.partition(":")
        return cls(provider=provider, model=model or None)

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}" if self.model else self.provider


class Progress(Record):
    """How far a run is: units done, units in all, one line for people."""

    current: int
    total: int
    message: str = ""


class Snapshot(Record):
    """What a run evaluates, pinned when it was loaded.

    Attributes:
        source: The source as the user named it (no secrets).
        files: SHA-256 (hex) of each file read, by path; empty for sources that are not files.
        threads: Threads pinned.
        messages: Messages in them.
        duplicate_ids: Threads whose id repeated and was made unique.
        bad_rows: Rows reported and left out.
        bad_row_examples: The first few of them, a line each.
        hash: SHA-256 (hex) over the external ids and content hashes, in order.
    """

    source: str
    files: dict[str, str] = Field(default_factory=dict)
    threads: int
    messages: int
    duplicate_ids: int = 0
    bad_rows: int = 0
    bad_row_examples: tuple[str, ...] = ()
    hash: str


class Run(Record):
    """One row of `eval_runs`; `id` is the Prefect flow-run id.

    Attributes:
        params: The flow's parameters as given (no secrets).
        versions: Versions of evaluators and prompts, pinned at the start.
        snapshot: What is evaluated; None until it is loaded.
        items: Items (threads) in the run; None until loaded.
        completed: Items with every row written.
        cost_usd: None where the price of a model used is not known.
        tokens_in: Input tokens of all calls.
        tokens_out: Output tokens of all calls.
        estimate: What it was thought to cost before it began; None where nothing was to be asked.
        calls_lost_at_most: How many calls may have been on the wire when processes of the run were killed.
        error_message: Why it failed, at most 2,000 characters.
    """

    id: UUID
    flow: str
    app: str
    name: str | None = None
    status: RunStatus
    judge_provider: str
    judge_model: str | None = None
    params: dict[str, JsonValue]
    versions: dict[str, str]
    snapshot: Snapshot | None = None
    items: int | None = None
    completed: int = 0
    cost_usd: Decimal | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    estimate: dict[str, JsonValue] | None = None
    calls_lost_at_most: int = 0
    summary: dict[str, JsonValue] | None = None
    progress: Progress | None = None
    error_message: str | None = None
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    duration_seconds: float | None = None
