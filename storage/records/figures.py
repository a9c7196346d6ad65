"""Counts of one run, from which its summary is made."""

from decimal import Decimal

from storage.records.base import Record


class SuccessFigures(Record):
    """Threads by success; `unscored` counts by what stands in the way, as `correctness: infra`."""

    true: int = 0
    false: int = 0
    unscored: dict[str, int]
    labelled_agree: int = 0
    labelled: int = 0


class WorstThread(Record):
    """A thread worth looking at first, with what stands against it."""

    thread_id: str
    worst_correctness: str | None
    efficiency_verdict: str | None
    intent_accuracy: float | None


class RunFigures(Record):
    """Counts of one run.

    Attributes:
        evaluators: Rows by evaluator and unscored reason ('' for scored).
        completed: Threads with a row of every evaluator.
        success: Threads by success.
        intent: Threads, sums of k, m, k*k, m*m, k*m over threads (k of m compared user messages correct).
        query_type: The same for query types.
        unscored_intents: User messages that should have been compared and were not.
        counts: Counts by name and label; worst_correctness, friction_cause, check and so on.
        worst: The worst threads first.
    """

    evaluators: dict[str, dict[str, int]]
    completed: int
    success: SuccessFigures
    intent: tuple[int, ...]
    query_type: tuple[int, ...]
    unscored_intents: int
    counts: dict[str, dict[str, int]]
    worst: tuple[WorstThread, ...]


class Usage(Record):
    """What a run's calls used, all attempts together."""

    calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: Decimal | None
