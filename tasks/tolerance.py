"""How much failing a run bears: what stays unscored is counted as it comes, and ends the run where it is too much."""

from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Literal
from uuid import UUID

from pydantic import Field

from storage.queries.evaluations import MissingThread
from storage.records import RETRYABLE, Record, UnscoredReason
from tasks.batches import Batch
from tasks.errors import RunFailed
from tasks.evaluators.base import Outcome

OnError = Literal["skip", "retry", "fail"]
BORNE: frozenset[UnscoredReason] = frozenset({"not_applicable", "budget"})
"""Reasons that are nobody's failure: nothing to judge, and the end of the user's own budget."""


class Tolerance(Record):
    """What a run does about units (one evaluator on one thread, once) that stay unscored.

    Attributes:
        on_error: `skip` leaves them so, `retry` tries what may be mended once more at the end, `fail` ends the run at
            the first of them.
        max_failed: Share of all units, 0 to 1, above which the run fails.
    """

    on_error: OnError = "skip"
    max_failed: float = Field(default=1.0, ge=0, le=1)

    def too_many(self, failed: int, total: int) -> RunFailed | None:
        """What a run ends with when so many units failed; None while that is borne."""
        if not total or failed / total <= self.max_failed:  # divided, not multiplied: 0.29 * 100 is less than 29
            return None
        return RunFailed(
            f"{failed} of {total} units failed, more than --max-failed {self.max_failed:g} bears; mend the cause "
            "and go on with --resume RUN_ID, or bear more with --resume RUN_ID --max-failed SHARE"
        )

    def at_once(self, failure: str) -> RunFailed | None:
        """What a run ends with when a unit has failed, whatever the others do; None while that is borne."""
        if self.on_error != "fail":
            return None
        return RunFailed(f"{failure} (--on-error fail); mend the cause and go on with --resume RUN_ID")


NOT_STRICT = Tolerance()


class Tally:
    """What one process has seen fail in a run.

    Attributes:
        ended_by: What the run ends with before it is through; None while it goes on.
        last_pass: True when what may be mended will not be tried again.
        mendable: Units unscored for a reason that another try may mend.
    """

    def __init__(self, tolerance: Tolerance, total: int, stop_asking: Callable[[Exception], None] | None) -> None:
        """Nothing has failed yet.

        Args:
            tolerance: What is borne.
            total: Units of the run.
            stop_asking: Told what the run ends with, so that no further call goes out; None where none does.
        """
        self._tolerance = tolerance
        self.ended_by: Exception | None = None
        self.last_pass = tolerance.on_error != "retry"
        self._total = total
        self._stop_asking = stop_asking
        self.mendable = 0
        self._for_good = 0
        self._failed: defaultdict[Batch, set[int]] = defaultdict(set)
        self._begun: set[Batch] = set()

    def found_settled(self, batch: Batch, settled: int) -> int:
        """How many units a batch had settled before this process came to it; 0 when it is tried again."""
        if batch in self._begun:
            return 0
        self._begun.add(batch)
        return settled

    def count(self, batch: Batch, item: MissingThread, outcome: Outcome) -> int:
        """Count a unit that has got its row; returns 1 when that is its first of this pass, else 0."""
        failed, reason = self._failed[batch], outcome.reason
        first = item.position not in failed
        if not first:
            failed.discard(item.position)
            self.mendable -= 1
        if reason is not None and reason not in BORNE:
            if reason in RETRYABLE:
                failed.add(item.position)
                self.mendable += 1
            else:
                self._for_good += 1
            self._bear(f"{batch.evaluator} of thread {item.thread_id!r} is unscored: {reason}, {outcome.detail}")
        return int(first)

    def _bear(self, failure: str) -> None:
        failed = self._for_good + (self.mendable if self.last_pass else 0)
        if error := self._tolerance.at_once(failure) or self._tolerance.too_many(failed, self._total):
            self.end(error)

    def end(self, error: Exception) -> None:
        """End the run: no further call goes out; what is on the wire is finished and stored."""
        if self.ended_by is None:
            self.ended_by = error
            if self._stop_asking is not None:
                self._stop_asking(error)

    def begin_last_pass(self) -> Sequence[Batch]:
        """The batches that have units another try may mend; what fails from now on has failed."""
        batches = [batch for batch, positions in self._failed.items() if positions]
        self._failed.clear()
        self.mendable = 0
        self.last_pass = True
        return batches


TALLIES: dict[UUID, Tally] = {}


@contextmanager
def tallied(run_id: UUID, tally: Tally) -> Generator[Tally]:
    """Let the tasks of a run reach its tally by `tally_of(run_id)` while the block runs."""
    TALLIES[run_id] = tally
    try:
        yield tally
    finally:
        del TALLIES[run_id]


def tally_of(run_id: UUID) -> Tally:
    """The tally of the run that is being evaluated in this process."""
    return TALLIES[run_id]
