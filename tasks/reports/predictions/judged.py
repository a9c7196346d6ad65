"""What judges said of a step, held against an earlier one: counts, and a test over the samples."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, Protocol

import numpy as np

from tasks.reports.predictions.summary import JudgeCount
from tasks.statistics.many_flips import quick_sign_flip_p

GAIN = {"better": 1, "worse": -1}


class PairVerdict(Protocol):
    """One verdict: see `storage.queries.pairwise.PairwiseVerdict`."""

    @property
    def step(self) -> int:
        """The step judged."""
        ...

    @property
    def previous_step(self) -> int:
        """The step it is held against."""
        ...

    @property
    def sample_index(self) -> int:
        """Of which sample."""
        ...

    @property
    def judge(self) -> str:
        """Who said it."""
        ...

    @property
    def verdict(self) -> Literal["better", "worse", "same"] | None:
        """None where there is none."""
        ...


def judged(verdicts: Iterable[PairVerdict]) -> dict[int, tuple[JudgeCount, ...]]:
    """By step, one count for each judge and each step it was held against."""

    def key(each: PairVerdict) -> tuple[int, str, int]:
        return each.step, each.judge, each.previous_step

    found: dict[int, tuple[JudgeCount, ...]] = {}
    for (step, judge, since), group in groupby(sorted(verdicts, key=key), key):
        found[step] = (*found.get(step, ()), count(judge, since, list(group)))
    return found


def count(judge: str, since: int, verdicts: Sequence[PairVerdict]) -> JudgeCount:
    """One judge at one step; what repeats of a sample say is added up before it is tested."""
    by_verdict, gains = Counter(each.verdict for each in verdicts), Counter[int]()
    for each in verdicts:
        gains[each.sample_index] += GAIN.get(each.verdict or "", 0)
    return JudgeCount(
        judge=judge,
        since=since,
        better=by_verdict["better"],
        worse=by_verdict["worse"],
        same=by_verdict["same"],
        unscored=by_verdict[None],
        p_value=quick_sign_flip_p(np.array(list(gains.values()), dtype=float)),
    )
