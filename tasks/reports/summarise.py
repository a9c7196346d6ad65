"""Make the summary of a run from its counts."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from storage.records import RunFigures, Usage, WorstThread
from tasks.reports.notes import notes_on
from tasks.reports.summary import NOT_AN_ERROR, Circumstances, EvaluatorCount, RunSummary, Tokens, Worst
from tasks.statistics.proportions import ClusterSums, Metric, clustered_proportion, proportion

NEEDLESS_TURNS = ("BROKEN", "FRICTION", "INCOMPLETE")
USUAL = Circumstances()


def summarise(
    run_id: UUID,
    items: int,
    figures: RunFigures,
    usage: Usage,
    findings: Mapping[str, str | None] = MappingProxyType({}),
    circumstances: Circumstances = USUAL,
    unscored: Mapping[str, int] | None = None,
) -> RunSummary:
    """The summary of a run.

    Args:
        run_id: The run.
        items: Threads in its snapshot.
        figures: What was counted, repeats reduced to one.
        usage: What its calls used.
        findings: What was found, by the ids of the worst threads.
        circumstances: What the figures were got under.
        unscored: Rows unscored by reason, each repeat a row; None where there are no repeats.
    """
    evaluators = {name: count_evaluator(reasons) for name, reasons in figures.evaluators.items()}
    if unscored is None:
        unscored = sum((Counter(evaluator.unscored) for evaluator in evaluators.values()), Counter[str]())
    whole = figures.completed == items and not set(unscored) - {NOT_AN_ERROR}
    summary = RunSummary(
        run_id=run_id,
        status="completed" if whole else "completed_with_errors",
        items=items,
        completed=figures.completed,
        unscored=dict(unscored),
        **spent(usage),
        metrics=measure(figures),
        counts=counts_of(figures),
        evaluators=evaluators,
        worst_threads=tuple(
            Worst(thread_id=thread.thread_id, why=why(thread), finding=findings.get(thread.thread_id) or "")
            for thread in figures.worst
        ),
        **dict(circumstances),
    )
    return summary.model_copy(update={"notes": tuple(notes_on(summary))})


def spent(usage: Usage) -> dict[str, Any]:
    """What the run's calls used, as fields of its summary."""
    tokens = {
        "in": usage.tokens_in,
        "out": usage.tokens_out,
        "cached": usage.tokens_cached,
        "reasoning": usage.tokens_reasoning,
    }
    return {
        "calls": usage.attempts - usage.reused,
        "repairs": usage.repairs,
        "reused": usage.reused,
        "tokens": Tokens.model_validate(tokens),
        "cost_usd": usage.cost_usd,
        "unpriced_models": usage.unpriced_models,
    }


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
