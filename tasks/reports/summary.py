"""The summary of a run: metrics with intervals, counts by label, what is unscored and why, the worst threads."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from pydantic import Field, field_validator

from storage.records import Record, RunFigures, RunStatus, Usage, WorstThread
from tasks.reports.order import COUNTS, METRICS, in_order, labels_in_order
from tasks.statistics.proportions import ClusterSums, Metric, clustered_proportion, proportion

NOT_AN_ERROR = "not_applicable"
NEEDLESS_TURNS = ("BROKEN", "FRICTION", "INCOMPLETE")


class EvaluatorCount(Record):
    """Rows of one evaluator: `n` in all, `scored`, `unscored` by reason."""

    n: int
    scored: int
    unscored: dict[str, int]


class Worst(Record):
    """A thread worth reading first: its verdicts, and the finding behind them in the judge's words."""

    thread_id: str
    why: str
    finding: str = ""


class Tokens(Record):
    """Tokens of all calls of the run."""

    input: int = Field(default=0, alias="in")
    output: int = Field(default=0, alias="out")


class RunSummary(Record):
    """What a run found. `eval_runs.summary` holds it as JSON.

    Attributes:
        items: Threads in the snapshot.
        completed: Threads with every row written.
        unscored: Evaluator rows without a score, by reason.
        cost_usd: None where the price of a model used is not known.
        metrics: Shares with their 95 % intervals.
        counts: Labels counted, by name.
        evaluators: Rows by evaluator.
        worst_threads: The worst first.
    """

    run_id: UUID
    status: RunStatus
    items: int
    completed: int
    unscored: dict[str, int]
    tokens: Tokens
    cost_usd: Decimal | None
    metrics: dict[str, Metric]
    counts: dict[str, dict[str, int]]
    evaluators: dict[str, EvaluatorCount]
    worst_threads: tuple[Worst, ...]

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


def summarise(
    run_id: UUID,
    items: int,
    figures: RunFigures,
    usage: Usage,
    findings: Mapping[str, str | None] = MappingProxyType({}),
) -> RunSummary:
    """Make the summary of a run from its counts; `findings` says of a worst thread, by its id, what was found."""
    evaluators = {name: count_evaluator(reasons) for name, reasons in figures.evaluators.items()}
    unscored: Counter[str] = Counter()
    for evaluator in evaluators.values():
        unscored.update(evaluator.unscored)
    whole = figures.completed == items and not set(unscored) - {NOT_AN_ERROR}
    return RunSummary(
        run_id=run_id,
        status="completed" if whole else "completed_with_errors",
        items=items,
        completed=figures.completed,
        unscored=dict(unscored),
        tokens=Tokens.model_validate({"in": usage.tokens_in, "out": usage.tokens_out}),
        cost_usd=usage.cost_usd,
        metrics=measure(figures),
        counts=counts_of(figures),
        evaluators=evaluators,
        worst_threads=tuple(
            Worst(thread_id=thread.thread_id, why=why(thread), finding=findings.get(thread.thread_id) or "")
            for thread in figures.worst
        ),
    )


def count_evaluator(reasons: Mapping[str, int]) -> EvaluatorCount:
    """Split rows by reason ('' is scored) into scored and unscored."""
    unscored = {reason: n for reason, n in reasons.items() if reason}
    return EvaluatorCount(n=sum(reasons.values()), scored=reasons.get("", 0), unscored=unscored)


def measure(figures: RunFigures) -> dict[str, Metric]:
    """The metrics of the evaluators that ran; one that nothing was measured for has the value None."""
    metrics: dict[str, Metric] = {}
    success = figures.success
    if {"correctness", "efficiency"} <= set(figures.evaluators):
        unscored = sum(n for reason, n in success.unscored.items() if NOT_AN_ERROR not in reason)
        metrics["success_rate"] = proportion(success.true, success.true + success.false, unscored)
        if success.labelled:
            metrics["labelled_agreement"] = proportion(success.labelled_agree, success.labelled)
    if "intent" in figures.evaluators:
        metrics["intent_accuracy"] = clustered_proportion(ClusterSums(*figures.intent), figures.unscored_intents)
        query_types = ClusterSums(*figures.query_type)
        if query_types.m:
            metrics["query_type_accuracy"] = clustered_proportion(query_types)
    return metrics


def counts_of(figures: RunFigures) -> dict[str, dict[str, int]]:
    """Every count that has a label, success among them."""
    success = {"true": figures.success.true, "false": figures.success.false}
    success["unscored"] = sum(figures.success.unscored.values())
    counts = {name: dict(labels) for name, labels in figures.counts.items() if labels}
    if {"correctness", "efficiency"} <= set(figures.evaluators):
        counts["success_status"] = {label: n for label, n in success.items() if n}
    return counts


def why(thread: WorstThread) -> str:
    """What stands against a thread, in a few words."""
    parts = [
        f"correctness {thread.worst_correctness}" if thread.worst_correctness not in (None, "PASS") else "",
        f"efficiency {thread.efficiency_verdict}" if thread.efficiency_verdict in NEEDLESS_TURNS else "",
        f"intents {thread.intent_accuracy:.0%} right"
        if thread.intent_accuracy is not None and thread.intent_accuracy < 1
        else "",
    ]
    return ", ".join(part for part in parts if part)
