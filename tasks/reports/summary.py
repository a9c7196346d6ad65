"""The summary of a run as a record: metrics with intervals, counts, what is unscored and why, what it cost."""

from decimal import Decimal
from uuid import UUID

from pydantic import Field, field_validator

from storage.records import BudgetLimit, Record, RunStatus
from tasks.reports.order import COUNTS, METRICS, in_order, labels_in_order
from tasks.reports.repeats import Reducer
from tasks.statistics.agreement import RetestAgreement
from tasks.statistics.proportions import Metric

NOT_AN_ERROR = "not_applicable"


class EvaluatorCount(Record):
    """Threads of one evaluator, repeats reduced to one: `n` in all, `scored`, `unscored` by reason."""

    n: int
    scored: int
    unscored: dict[str, int]


class Worst(Record):
    """A thread worth reading first: its verdicts, and the finding behind them in the judge's words."""

    thread_id: str
    why: str
    finding: str = ""


class Tokens(Record):
    """Tokens of all calls of the run; `cached` are some of `input`, `reasoning` some of `output`."""

    input: int = Field(default=0, alias="in")
    output: int = Field(default=0, alias="out")
    cached: int = 0
    reasoning: int = 0


class Circumstances(Record):
    """What a run's figures were got under.

    Attributes:
        repeats: How often each thread was judged by each evaluator.
        reducer: Which repeat a thread goes by.
        agreement: How far repeats agree, by evaluator; empty without repeats.
        budget: The most the run was to spend; None where there was no limit.
        calls_lost_at_most: Calls that may have been on the wire when a process that ran it was stopped.
    """

    repeats: int = 1
    reducer: Reducer = "majority"
    agreement: dict[str, RetestAgreement] = Field(default_factory=dict[str, RetestAgreement])
    budget: BudgetLimit | None = None
    calls_lost_at_most: int = 0


class RunSummary(Circumstances):
    """What a run found. `eval_runs.summary` holds it as JSON.

    Attributes:
        items: Threads in the snapshot.
        completed: Threads with every row written.
        unscored: Evaluator rows without a score, by reason; each repeat is a row.
        calls: Attempts at calls of the judge.
        repairs: Those of them in which it was shown what was wrong with its answer.
        reused: Answers taken over from earlier runs.
        cost_usd: None where the price of a model used is not known.
        unpriced_models: The models whose price is not known.
        metrics: Shares with their 95 % intervals.
        counts: Labels counted, by name.
        evaluators: Threads by evaluator.
        worst_threads: The worst first.
        notes: What a reader must know about the figures, a sentence each.
    """

    run_id: UUID
    status: RunStatus
    items: int
    completed: int
    unscored: dict[str, int]
    calls: int = 0
    repairs: int = 0
    reused: int = 0
    tokens: Tokens
    cost_usd: Decimal | None
    unpriced_models: tuple[str, ...] = ()
    metrics: dict[str, Metric]
    counts: dict[str, dict[str, int]]
    evaluators: dict[str, EvaluatorCount]
    worst_threads: tuple[Worst, ...]
    notes: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        """Evaluator rows there are to be: one evaluator on one thread, once."""
        return self.items * len(self.evaluators) * self.repeats

    @field_validator("metrics")
    @classmethod
    def metrics_in_order(cls, metrics: dict[str, Metric]) -> dict[str, Metric]:
        """The metrics as they are read, also when they come from Postgres."""
        return in_order(metrics, METRICS)

    @field_validator("counts")
    @classmethod
    def counts_in_order(cls, counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        """The counts and their labels as they are read, also when they come from Postgres."""
        return {name: labels_in_order(labels) for name, labels in in_order(counts, COUNTS).items()}
