"""The batches a run is cut into: one evaluator, one repeat, a range of threads."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SMALLEST_BATCH = 25
MOST_BATCHES = 2000


@dataclass(frozen=True)
class Batch:
    """One evaluator, for the repeat'th time (from 0), on the threads at positions `start` up to `stop` (excluded)."""

    evaluator: str
    repeat: int
    start: int
    stop: int


def plan_batches(evaluators: Sequence[str], positions: range, repeats: int = 1) -> Iterator[Batch]:
    """Cut positions of a run into batches: few enough for Prefect (about 2,000), large enough to cost nothing (25).

    Evaluators and repeats take turns on each range of threads, so that a run that stops early has whole threads.
    """
    size = max(SMALLEST_BATCH, math.ceil(len(positions) * len(evaluators) * repeats / MOST_BATCHES))
    for start in positions[::size]:
        for repeat in range(repeats):
            for evaluator in evaluators:
                yield Batch(evaluator, repeat, start, min(start + size, positions.stop))
