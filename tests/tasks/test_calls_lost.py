"""How many calls may have been on the wire when a run was stopped: counted when it is resumed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from storage.records import Run
from tasks.resume import calls_lost_at_most

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def stopped(**changed: Any) -> Run:
    """A run by a model with 30 places, as it was left."""
    fields: dict[str, Any] = {
        "id": UUID(int=1),
        "flow": "evaluate-threads",
        "app": "shop",
        "status": "crashed",
        "judge_provider": "openai",
        "judge_model": "small",
        "params": {"concurrency": 30},
        "versions": {},
        "created_at": NOON,
        **changed,
    }
    return Run.model_validate(fields)


@pytest.mark.parametrize(
    ("status", "lost"),
    [
        ("running", 30),  # killed, and nobody has looked since
        ("crashed", 30),
        ("cancelled", 30),  # Ctrl-C cuts off what is on the wire
        ("failed", 0),
        ("completed", 0),
        ("completed_with_errors", 0),
    ],
)
def test_only_what_was_cut_off_may_have_been_paid_for_and_lost(status: str, lost: int) -> None:
    assert calls_lost_at_most(stopped(status=status), 0) == lost


def test_rules_lose_no_calls() -> None:
    assert calls_lost_at_most(stopped(judge_provider="rules", judge_model=None), 0) == 0


def test_of_a_run_in_shards_each_that_was_worked_on_loses_its_own() -> None:
    assert calls_lost_at_most(stopped(params={"concurrency": 30, "shards": 8}), 3) == 90
