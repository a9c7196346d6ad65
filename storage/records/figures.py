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
        evaluators: Threads by evaluator and unscored reason ('' for scored), repeats reduced to one row.
        completed: Threads with every row of every evaluator.
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
    """What a run's calls used, all attempts together.

    Attributes:
        calls: Requests, each counted once.
        attempts: Attempts at them, repairs and answers reused from other runs included.
        tokens_in: Input tokens billed, those read from a cache included.
        tokens_cached: Those of `tokens_in` that were read from the provider's cache.
        tokens_out: Output tokens billed, reasoning included.
        tokens_reasoning: Those of `tokens_out` that were reasoning.
        cost_usd: None as soon as one call's price is not known.
        unpriced_models: The models whose price is not known.
        repairs: Requests whose first answer did not fit, and was asked to be repaired.
        reused: Requests answered by another run's answer.
    """

    calls: int
    attempts: int = 0
    tokens_in: int
    tokens_cached: int = 0
    tokens_out: int
    tokens_reasoning: int = 0
    cost_usd: Decimal | None
    unpriced_models: tuple[str, ...] = ()
    repairs: int = 0
    reused: int = 0
