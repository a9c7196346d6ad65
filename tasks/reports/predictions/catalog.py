"""The metrics of a prediction: how each is named, bounded, written, and which way is better."""

from collections.abc import Iterable
from typing import NamedTuple

from tasks.reports.words import title


class MetricKind(NamedTuple):
    """What must be known of a metric to count and to show it.

    Attributes:
        share: Whether each value is 0 or 1.
        bounds: The least and the greatest value of one prediction; None where there is no such.
        higher_is_better: None where neither way is good by itself.
        needs_truth: Whether it needs a ground truth.
        says: What it is, in a line.
        decimals: Of a value that is no share.
    """

    title: str
    share: bool = False
    bounds: tuple[float, float] | None = None
    higher_is_better: bool | None = None
    needs_truth: bool = False
    says: str = ""
    decimals: int = 3


METRICS = {
    "exact_match": MetricKind(
        "Exact match", True, (0, 1), True, True, "share of predictions that are the ground truth, letter for letter"
    ),
    "chrf": MetricKind("chrF", False, (0, 100), True, True, "letters in common with the ground truth, 0 to 100", 1),
    "rouge_l": MetricKind("ROUGE-L", False, (0, 1), True, True, "words in common with the ground truth, in order"),
    "truth_loss": MetricKind(
        "Loss of the ground truth", False, None, False, True, "nats a token of the ground truth, none of it generated"
    ),
    "repetition": MetricKind("Repetition", False, (0, 1), False, False, "share of runs of 4 words said before"),
    "refusal": MetricKind("Refusal", True, (0, 1), None, False, "share of predictions that decline to help"),
    "length": MetricKind("Length", False, None, None, False, "characters of the prediction", 1),
}


def kind_of(name: str) -> MetricKind:
    """A metric of ours, or one of somebody else's, of which nothing is known."""
    return METRICS.get(name) or MetricKind(title(name))


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Ours in the order in which they are read, then the others."""
    present = set(names)
    return (*(name for name in METRICS if name in present), *sorted(present - set(METRICS)))


def written(name: str, value: float | None) -> str:
    """A value in as many digits as it deserves: shares as percentages; nothing where there is none."""
    if value is None:
        return ""
    kind = kind_of(name)
    if kind.share or kind.bounds == (0, 1):
        return f"{100 * value:.0f} %"
    return f"{value:.{kind.decimals}f}"


def written_of_one(name: str, value: float) -> str:
    """A value of one prediction: yes or no for what is a share of many, and no decimals for what is counted."""
    if kind_of(name).share:
        return "yes" if value else "no"
    return f"{value:,.0f}" if name == "length" else written(name, value)


def moved(name: str, difference: float | None) -> str:
    """A change with its sign: shares in points of percent."""
    if difference is None:
        return ""
    kind = kind_of(name)
    if kind.share or kind.bounds == (0, 1):
        return f"{100 * difference:+.1f}"
    return f"{difference:+.{kind.decimals}f}"
