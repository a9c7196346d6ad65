"""The result of one evaluator on one thread."""

from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue, model_validator

from storage.records.base import Record

UnscoredReason = Literal[
    "target_failed", "judge_failed", "infra", "unparseable", "refused", "truncated", "budget", "not_applicable"
]
RETRYABLE: frozenset[UnscoredReason] = frozenset({"infra", "budget", "target_failed", "judge_failed"})


class ThreadEvaluation(Record):
    """One row of `thread_evaluations`: scored (`reason` is None) or unscored with its reason, never both.

    Attributes:
        run_id: The run it belongs to.
        thread_id: The thread's external id.
        evaluator: Name of the evaluator.
        repeat: From 0; which repeat of the same judgment.
        evaluator_version: Version of prompt, checks and parsing.
        judge: `rules` or `provider:model`.
        content_hash: Hash of the thread that was judged.
        verdict: The evaluator's word for the thread; None where it has none or is unscored.
        score: 0 to 1; None where the evaluator gives no number or is unscored.
        reason: Why it is unscored; None when scored.
        detail: One line on an unscored row: what failed; None when scored.
        result: Everything else: verdicts by message, evidence, reasoning.
        created_at: When it was judged, UTC.
    """

    run_id: UUID
    thread_id: str
    evaluator: str
    repeat: int = 0
    evaluator_version: str
    judge: str
    content_hash: str
    verdict: str | None = None
    score: float | None = Field(default=None, ge=0, le=1)
    reason: UnscoredReason | None = None
    detail: str | None = None
    result: dict[str, JsonValue] = Field(default_factory=dict)
    created_at: AwareDatetime

    @model_validator(mode="after")
    def unscored_has_no_score(self) -> Self:
        """Refuse a row that is unscored and scored at once."""
        if self.reason is not None and (self.verdict is not None or self.score is not None):
            raise ValueError(f"unscored ({self.reason}) but has verdict {self.verdict!r}, score {self.score!r}")
        return self
