"""Test-retest agreement: does a judge that is asked the same again say the same?"""

from collections.abc import Sequence
from typing import Literal

from storage.records import Record

LabelCounts = tuple[dict[str, int], int]
"""How often each label was given to a thread, and how many threads it was given to that often."""

MOST_CELLS = 10_000_000


class RetestAgreement(Record):
    """How far repeats of the same judgment agree.

    Attributes:
        threads: Threads with two scored repeats or more; the rest says nothing about agreement.
        share: Share of the pairs of repeats of a thread that gave the same label, the mean over the threads, 0 to 1;
            None when there are no such threads.
        alpha: Krippendorff's alpha: 1 is perfect, 0 what chance would give, below 0 worse than chance; None where it
            is not defined (no such threads, or only one label was ever given), or would take too much memory: more
            than 10 million threads times labels squared, which is 400,000 threads of five labels.
        level: `ordinal` where labels have an order and being further apart counts more, else `nominal`.
    """

    threads: int
    share: float | None
    alpha: float | None
    level: Literal["nominal", "ordinal"]


def retest_agreement(counts: Sequence[LabelCounts], order: Sequence[str] = ()) -> RetestAgreement:
    """How far repeats agree.

    Source: K. Krippendorff, "Content Analysis", 4th edition (2018), chapter 12; the library `krippendorff`.

    Args:
        counts: For threads with two scored repeats or more; order does not matter.
        order: The labels from one end to the other; empty, or lacking one that was given: they have no order.
    """
    given = {label for labels, _ in counts for label, n in labels.items() if n}
    level = "ordinal" if order and given <= set(order) else "nominal"
    domain = [label for label in order if label in given] if level == "ordinal" else sorted(given)
    threads = sum(n for _, n in counts)
    return RetestAgreement(
        threads=threads,
        share=sum(pairs_that_agree(labels) * n for labels, n in counts) / threads if threads else None,
        alpha=alpha_of(counts, domain, level) if len(domain) > 1 and threads * len(domain) ** 2 <= MOST_CELLS else None,
        level=level,
    )


def pairs_that_agree(labels: dict[str, int]) -> float:
    """The share of a thread's pairs of repeats that gave the same label."""
    repeats = sum(labels.values())
    return sum(n * (n - 1) for n in labels.values()) / (repeats * (repeats - 1))


def alpha_of(counts: Sequence[LabelCounts], domain: Sequence[str], level: Literal["nominal", "ordinal"]) -> float:
    """Krippendorff's alpha over these threads."""
    import krippendorff
    import numpy as np

    rows = np.array([[labels.get(label, 0) for label in domain] for labels, _ in counts])
    by_thread = np.repeat(rows, [n for _, n in counts], axis=0)
    return float(krippendorff.alpha(value_counts=by_thread, level_of_measurement=level))
