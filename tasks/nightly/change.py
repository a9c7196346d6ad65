"""What a difference between two nights means: a regression, an improvement, nothing, or too few to tell."""

import math
from datetime import date
from typing import Literal

from storage.records import Record
from tasks.nightly.plan import Regression
from tasks.reports.comparison import Difference, Flip

Verdict = Literal["regression", "improvement", "steady", "too few"]


class Change(Record):
    """A metric of a suite, tonight and before, and what it means."""

    verdict: Verdict
    difference: Difference

    @property
    def name(self) -> str:
        """Name of the metric."""
        return self.difference.name


class Outcome(Record):
    """What came of comparing a suite's run; `night_suites.comparison` holds it as JSON.

    Attributes:
        compared_night: Night of the run it was compared with; None where there was none.
        changes: One for each metric watched.
        flips: Threads that are not what they were, the worst first; pairs only.
        notes: What a reader must know, a sentence each.
        command: Shows the comparison in full; empty where there is none.
        told: Whether the regressions have been emitted as events.
    """

    compared_night: date | None = None
    changes: tuple[Change, ...] = ()
    flips: tuple[Flip, ...] = ()
    notes: tuple[str, ...] = ()
    command: str = ""
    told: bool = False

    @property
    def regressions(self) -> list[Change]:
        """The metrics that got worse."""
        return [change for change in self.changes if change.verdict == "regression"]


def judge_change(difference: Difference, rule: Regression) -> Change:
    """Say what a difference means under a rule.

    It is a regression, or an improvement, when it is significant after correction, at least as large as the rule
    asks, and there was enough to see it with: what could have been seen is no larger than what the rule asks, or no
    larger than what was seen. Without enough there is neither an alarm nor an all-clear.
    """
    return Change(verdict=_verdict(difference, rule), difference=difference)


def _verdict(difference: Difference, rule: Regression) -> Verdict:
    points = points_better(difference)
    could_see = reach(difference)
    if could_see > rule.least_points and not (difference.significant and abs(points) >= could_see):
        return "too few"
    if not difference.significant or abs(points) < rule.least_points:
        return "steady"
    return "improvement" if points > 0 else "regression"


def points_better(difference: Difference) -> float:
    """Percentage points by which it got better; below 0 it got worse. Rounded where binary fractions end."""
    points = 100 * difference.difference
    return round(points if difference.higher_is_better else -points, 9)


def reach(difference: Difference) -> float:
    """The smallest difference that could have been seen, in percentage points; infinite where none could."""
    return math.inf if difference.smallest_seen is None else round(100 * difference.smallest_seen, 9)


def change_words(change: Change) -> str:
    """`success rate: regression from 84.0 % to 71.0 % (-13.0 points, -19.2 to -6.8, p=0.0004, n=300/298)`."""
    found = change.difference
    name = found.name.replace("_", " ")
    n = f"n={found.n_before}/{found.n_after}"
    if change.verdict == "too few":
        could = reach(found)
        seen = "no difference" if math.isinf(could) else f"{could:.1f} points"
        return f"{name}: too few to tell ({n}, could have seen {seen})"
    figures = (
        f"from {100 * found.before:.1f} % to {100 * found.after:.1f} % ({100 * found.difference:+.1f} points, "
        f"{100 * found.low:+.1f} to {100 * found.high:+.1f}, p={found.p_corrected:.2g}, {n})"
    )
    return f"{name}: {change.verdict} {figures}"
