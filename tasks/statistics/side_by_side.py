"""The scores of two runs side by side: the same items in the same order, or all items of each."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tasks.statistics.differences import Clusters, Counts, Floats

Bytes = NDArray[np.bytes_]


class Scores(Protocol):
    """The scores of a run's items: see `storage.queries.pairs.ItemScores`."""

    @property
    def keys(self) -> Bytes:
        """Equal where the item is the same."""
        ...

    @property
    def clusters(self) -> Bytes:
        """Equal where items belong together."""
        ...

    @property
    def k(self) -> Floats:
        """Items x metrics: successes."""
        ...

    @property
    def m(self) -> Floats:
        """Items x metrics: out of how many; 0 nothing to score, NaN unscored."""
        ...


@dataclass(frozen=True)
class Side:
    """One run's half.

    Attributes:
        places: Where each item stands in its run.
        cluster: The cluster of each item, from 0, of the same number in both runs.
        k: Items x metrics.
        m: Items x metrics.
    """

    places: NDArray[np.intp]
    cluster: Clusters
    k: Floats
    m: Floats

    def counts(self, metric: int, compared: NDArray[np.bool_]) -> Counts:
        """One metric of some of the items."""
        return Counts(self.k[compared, metric], self.m[compared, metric], self.cluster[compared])


@dataclass(frozen=True)
class SideBySide:
    """Two runs; where they are paired, the items of both are the same, in one order."""

    before: Side
    after: Side
    paired: bool

    @property
    def clustered_by(self) -> Literal["user", "thread"]:
        """Whether users have several items each."""
        sides = (self.before,) if self.paired else (self.before, self.after)
        return "user" if any(np.unique(side.cluster).size < side.cluster.size for side in sides) else "thread"


def put_side_by_side(before: Scores, after: Scores, *, paired: bool) -> SideBySide:
    """The items that both have, pair by pair in the order of the run before; or all items of each."""
    if paired:
        _, in_before, in_after = np.intersect1d(before.keys, after.keys, assume_unique=True, return_indices=True)
        order = np.argsort(in_before)
        places = (in_before[order], in_after[order])
    else:
        places = (np.arange(before.keys.size), np.arange(after.keys.size))
    clusters = [run.clusters[at] for run, at in zip((before, after), places, strict=True)]
    _, codes = np.unique(np.concatenate(clusters), return_inverse=True)
    first, second = codes[: places[0].size], codes[places[0].size :]
    return SideBySide(
        before=Side(places[0], first, before.k[places[0]], before.m[places[0]]),
        after=Side(places[1], second, after.k[places[1]], after.m[places[1]]),
        paired=paired,
    )


def shared_items(before: Scores, after: Scores) -> int:
    """How many items both runs have."""
    return int(np.intersect1d(before.keys, after.keys, assume_unique=True).size)
