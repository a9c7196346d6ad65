"""A comparison in words and numbers, as the terminal and other reports write it."""

from collections.abc import Mapping, Sequence

from tasks.reports.comparison import Comparison, Difference, Flip
from tasks.reports.words import percent, title, visible

COLUMNS = ("metric", "before", "after", "points", "interval", "p", "verdict", "better", "worse", "n", "seen_from")
SPARE = ("n", "seen_from", "before", "after", "better", "worse")
NUMBERS = ("before", "after", "points", "interval", "p", "better", "worse", "n", "seen_from")
MEANINGS = (
    "points: after minus before, with its {level:g} % interval; p: corrected over the metrics (Holm)",
    "better, worse: items that flipped; seen from: the smallest difference that would have been significant in 80 of "
    "100 such comparisons",
)


def heading(comparison: Comparison) -> str:
    """What was compared, and how."""
    how = "the same items paired" if comparison.paired else "unpaired"
    return f"{comparison.flow}, app {visible(comparison.app)}, {how}, clustered by {comparison.clustered_by}"


def meanings(comparison: Comparison) -> list[str]:
    """What the columns hold, a line each."""
    return [line.format(level=100 * (1 - comparison.alpha)) for line in MEANINGS]


def difference_row(metric: Difference) -> Mapping[str, str]:
    """One metric's cells by column."""
    decimals = decimals_for(metric.high - metric.low)
    return {
        "metric": title(metric.name),
        "before": percent(metric.before),
        "after": percent(metric.after),
        "points": points(metric.difference, decimals),
        "interval": f"{points(metric.low, decimals)} to {points(metric.high, decimals)}",
        "p": "<0.001" if metric.p_corrected < 0.001 else f"{metric.p_corrected:.3f}",
        "verdict": verdict(metric),
        "better": "" if metric.flips_better is None else f"{metric.flips_better:,}",
        "worse": "" if metric.flips_worse is None else f"{metric.flips_worse:,}",
        "n": over(metric),
        "seen_from": "none" if metric.smallest_seen is None else f"{100 * metric.smallest_seen:.1f}",
    }


def decimals_for(width: float) -> int:
    """As many decimals of a point as an interval of this width needs to be seen: 1 to 4."""
    return next((decimals for decimals in (1, 2, 3) if 100 * width >= 2 * 10**-decimals), 4)


def points(difference: float, decimals: int = 1) -> str:
    """A difference of shares in points of percent, with its sign."""
    rounded = round(100 * difference, decimals)
    return f"{rounded:+.{decimals}f}" if rounded else f"{0:.{decimals}f}"


def verdict(metric: Difference) -> str:
    """`worse`, `better`, or that it cannot be told apart from chance."""
    if not metric.significant:
        return "not shown"
    return "worse" if metric.is_regression else "better"


def over(metric: Difference) -> str:
    """What the two shares are over."""
    before, after = f"{metric.n_before:,}", f"{metric.n_after:,}"
    return before if before == after else f"{before} / {after}"


def flip_line(flip: Flip) -> str:
    """`worse    thread-17  Correctness pass: PASS -> HARD FAIL`."""
    way = "worse " if flip.worse else "better"
    return f"{way} {visible(flip.item)}: {title(flip.metric)}, {visible(flip.before)} -> {visible(flip.after)}"


def more_flips(comparison: Comparison) -> Sequence[str]:
    """That not all flips are shown, and how to see them."""
    left = comparison.flips_total - len(comparison.flips)
    return [f"{left:,} more flips; --flips 0 shows all"] if left else []
