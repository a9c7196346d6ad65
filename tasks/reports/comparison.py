"""What two runs differ by: one difference for each metric, the items that flipped, and what a reader must know."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from storage.records import Record


class CompareOptions(Record):
    """How two runs are to be compared.

    Attributes:
        across_snapshots: Compare runs over different items too, unpaired.
        across_versions: Compare runs by different judges, versions or options too.
        alpha: How often at most a comparison in which nothing differs may call anything significant, 0 to 1.
        metrics: Names of metrics; empty: all. Fewer metrics see smaller differences.
        flips: Most flips to name; 0: all.
    """

    across_snapshots: bool = False
    across_versions: bool = False
    alpha: float = Field(default=0.05, gt=0, lt=1)
    metrics: tuple[str, ...] = ()
    flips: int = Field(default=20, ge=0)


class Difference(Record):
    """What a metric differs by between two runs. Every metric is a share, so all figures but p are 0 to 1, or -1 to 1.

    Attributes:
        name: As in the summary of a run where it is one of its metrics.
        before: Over the items compared; equals the run's summary where all its items are scored in both runs.
        after: The same.
        difference: After minus before.
        low: Lower end of the interval, 95 % where alpha is 0.05; not corrected for the other metrics.
        high: Upper end.
        p_value: Two-sided, that nothing differs.
        p_corrected: Corrected over the metrics (Holm).
        n_before: What the share before is over: threads, or messages of theirs.
        n_after: The same after.
        n_pairs: Items scored in both runs; None where unpaired.
        unscored: Items that should have been scored and were not, in either run; never counted as zero.
        clusters: Users or threads that the items come from; what repeats within one is not counted as independent.
        smallest_seen: The smallest difference that would be called significant in 80 of 100 such comparisons; None
            where not even the largest would.
        higher_is_better: Whether a rise is good.
        significant: `p_corrected` is below alpha.
        flips_better: Items that are better after; None where unpaired.
        flips_worse: Items that are worse after; None where unpaired.
    """

    name: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    p_value: float
    p_corrected: float
    n_before: int
    n_after: int
    n_pairs: int | None
    unscored: int
    clusters: int
    smallest_seen: float | None
    higher_is_better: bool = True
    significant: bool
    flips_better: int | None
    flips_worse: int | None

    @property
    def is_regression(self) -> bool:
        """Whether it got significantly worse."""
        return self.significant and (self.difference < 0) == self.higher_is_better


class Flip(Record):
    """An item that is not what it was.

    Attributes:
        metric: By which metric.
        item: Its id in the source, as a thread's.
        before: Its verdict or share before, in words.
        after: The same after.
        worse: Whether it is worse after.
        finding: What the judge found, one line: of the run in which the item is worse. May be empty.
    """

    metric: str
    item: str
    before: str
    after: str
    worse: bool
    finding: str = ""


class Comparison(Record):
    """What two runs differ by.

    Attributes:
        before: The run that came first.
        after: The run compared with it.
        flow: The flow of both.
        app: Which bot the run after is about.
        paired: Whether the same items were compared one by one.
        clustered_by: Whose items count as belonging together.
        alpha: What p is held against.
        metrics: By name, in the order in which they are read.
        flips: Items that changed, the worst first, at most as many as were asked for.
        flips_total: How many there are in all, each counted once for every metric it changed.
        notes: What a reader must know, a sentence each.
    """

    before: UUID
    after: UUID
    flow: str
    app: str
    paired: bool
    clustered_by: Literal["thread", "user"]
    alpha: float
    metrics: dict[str, Difference]
    flips: tuple[Flip, ...] = ()
    flips_total: int = 0
    notes: tuple[str, ...] = ()

    @property
    def regressions(self) -> tuple[Difference, ...]:
        """The metrics that got significantly worse."""
        return tuple(metric for metric in self.metrics.values() if metric.is_regression)
