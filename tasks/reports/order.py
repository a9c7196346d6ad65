"""The order in which figures are read; Postgres keeps JSON objects in one of its own."""

from collections.abc import Mapping
from typing import TypeVar

ValueT = TypeVar("ValueT")

CORRECTNESS = ("CRITICAL", "HARD FAIL", "SOFT FAIL", "PASS", "NOT APPLICABLE")
EFFICIENCY = ("BROKEN", "INCOMPLETE", "FRICTION", "ACCEPTABLE", "EFFICIENT")
SCALES: Mapping[str, tuple[str, ...]] = {"correctness": CORRECTNESS, "efficiency": EFFICIENCY}
"""The verdicts of an evaluator, the worst first; one that is not here gives scores."""

METRICS = ("success_rate", "labelled_agreement", "intent_accuracy", "query_type_accuracy")
COUNTS = (
    "success_status",
    "worst_correctness",
    "correctness_messages",
    "efficiency_verdict",
    "friction_cause",
    "recovery",
    "policy_violated",
    "check",
)
LABELS = ("true", "false", *CORRECTNESS, *EFFICIENCY)


def in_order(figures: Mapping[str, ValueT], order: tuple[str, ...]) -> dict[str, ValueT]:
    """The figures by their place in the order; names that are not in it come last."""
    return dict(sorted(figures.items(), key=lambda entry: place_in(order, entry[0])))


def labels_in_order(labels: Mapping[str, int]) -> dict[str, int]:
    """Verdicts from the worst to the best, other labels by how often they occur."""
    return dict(sorted(labels.items(), key=lambda entry: (place_in(LABELS, entry[0]), -entry[1])))


def place_in(order: tuple[str, ...], name: str) -> int:
    """Where the name stands in the order."""
    return order.index(name) if name in order else len(order)
