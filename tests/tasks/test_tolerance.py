"""How much failing a run bears: counted as it comes, borne or not."""

from uuid import UUID

import pytest

from storage.queries.evaluations import MissingThread
from storage.records import UnscoredReason
from tasks.batches import Batch
from tasks.errors import RunFailed
from tasks.evaluators.base import Outcome
from tasks.tolerance import NOT_STRICT, OnError, Tally, Tolerance

BATCH, OTHER = Batch("correctness", 0, 0, 25), Batch("intent", 0, 25, 50)
SCORED = Outcome(verdict="PASS")


def failed(reason: UnscoredReason) -> Outcome:
    return Outcome(reason=reason, detail="no luck")


def item(position: int) -> MissingThread:
    return MissingThread(position=position, thread_id=f"t{position}", thread_row=UUID(int=position))


def tally_of(total: int = 100, **tolerance: object) -> tuple[Tally, list[Exception]]:
    told: list[Exception] = []
    return Tally(Tolerance.model_validate(tolerance), total, told.append), told


def test_whatever_fails_is_borne_unless_asked_otherwise() -> None:
    tally, told = tally_of(total=2)
    for position, reason in enumerate(("infra", "refused")):
        assert tally.count(BATCH, item(position), failed(reason)) == 1
    assert (tally.ended_by, told) == (None, [])
    assert NOT_STRICT.too_many(2, 2) is None


@pytest.mark.parametrize("reason", ["infra", "judge_failed", "target_failed", "unparseable", "refused", "truncated"])
def test_the_first_failure_ends_a_run_that_bears_none(reason: UnscoredReason) -> None:
    tally, told = tally_of(on_error="fail")
    tally.count(BATCH, item(1), SCORED)
    assert tally.ended_by is None
    tally.count(BATCH, item(3), failed(reason))
    tally.count(BATCH, item(4), failed(reason))
    assert told == [tally.ended_by]
    assert str(tally.ended_by).startswith(
        f"correctness of thread 't3' is unscored: {reason}, no luck (--on-error fail)"
    )


@pytest.mark.parametrize("reason", ["not_applicable", "budget"])
@pytest.mark.parametrize("on_error", ["skip", "retry", "fail"])
def test_nothing_to_judge_and_the_end_of_the_budget_are_no_failures(reason: UnscoredReason, on_error: OnError) -> None:
    tally, _ = tally_of(total=3, on_error=on_error, max_failed=0)
    for position in range(3):
        tally.count(BATCH, item(position), failed(reason))
    assert (tally.ended_by, tally.mendable) == (None, 0)


@pytest.mark.parametrize(
    ("max_failed", "total", "borne"), [(0.0, 10, 0), (0.1, 30, 3), (0.29, 100, 29), (0.5, 3, 1), (1.0, 4, 4)]
)
def test_a_run_ends_once_a_larger_share_has_failed_than_is_borne(max_failed: float, total: int, borne: int) -> None:
    tally, _ = tally_of(total=total, max_failed=max_failed)
    for position in range(borne):
        tally.count(BATCH, item(position), failed("refused"))
    assert tally.ended_by is None
    if borne == total:
        return
    tally.count(BATCH, item(borne), failed("infra"))
    assert isinstance(tally.ended_by, RunFailed)
    assert f"{borne + 1} of {total} units failed" in str(tally.ended_by)
    assert f"--max-failed {max_failed:g}" in str(tally.ended_by)


def test_what_may_be_mended_counts_only_once_it_was_tried_again() -> None:
    tally, _ = tally_of(total=10, on_error="retry", max_failed=0.1)
    for position in range(5):
        tally.count(BATCH, item(position), failed("infra"))
    assert (tally.ended_by, tally.mendable) == (None, 5)
    tally.count(OTHER, item(30), failed("refused"))
    assert tally.ended_by is None
    tally.count(OTHER, item(31), SCORED)
    assert (list(tally.begin_last_pass()), tally.mendable) == ([BATCH], 0)
    for position in range(4):
        assert tally.count(BATCH, item(position), SCORED) == 1
    assert tally.ended_by is None
    tally.count(BATCH, item(4), failed("infra"))
    assert "2 of 10" in str(tally.ended_by)


def test_a_unit_that_is_tried_again_is_counted_once() -> None:
    tally, _ = tally_of()
    assert [tally.found_settled(BATCH, 7), tally.found_settled(BATCH, 20)] == [7, 0]
    assert tally.count(BATCH, item(3), failed("infra")) == 1
    assert tally.count(OTHER, item(3), failed("infra")) == 1
    assert (tally.count(BATCH, item(3), SCORED), tally.mendable) == (0, 1)


def test_what_ended_a_run_first_is_what_it_ends_with() -> None:
    tally, told = tally_of(max_failed=0)
    tally.end(ValueError("first"))
    tally.count(BATCH, item(1), failed("infra"))
    assert (str(tally.ended_by), len(told)) == ("first", 1)
