"""What a pairwise judge said of all steps of a training, counted."""

from itertools import pairwise
from typing import Any

from storage.queries.pairwise import PairwiseVerdict
from tasks.checkpoints import Predicting
from tasks.predict_pairs import steps_of, unscored_reason, verdicts_of
from tasks.predictions.pairwise.compare import orders_disagree
from tasks.statistics.proportions import Metric, proportion

Verdicts = dict[int, list[PairwiseVerdict]]
"""By step, against the step before."""


async def all_verdicts(work: Predicting) -> Verdicts:
    """What the judge said of each step against the one before, by step."""
    steps = await steps_of(work)
    return {step: await verdicts_of(work, step, previous) for previous, step in pairwise(steps)}


def shares_of(pairs: Verdicts) -> dict[str, Metric]:
    """At each step, the share of samples that the judge finds better, and worse, than at the step before."""
    shares: dict[str, Metric] = {}
    for step, verdicts in pairs.items():
        said = [each.verdict for each in verdicts if each.verdict is not None]
        for wanted in ("better", "worse"):
            count = sum(verdict == wanted for verdict in said)
            shares[f"{wanted}_at_{step}"] = proportion(count, len(said), len(verdicts) - len(said))
    return shares


def unscored_of(pairs: Verdicts) -> dict[str, int]:
    """Pairs without a verdict, by reason."""
    reasons = [unscored_reason(each) for verdicts in pairs.values() for each in verdicts if each.verdict is None]
    return {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}


def verdict_counts(pairs: Verdicts) -> dict[str, dict[str, int]]:
    """All verdicts by word, and how many pairs the judge answered by place; empty without any."""
    verdicts = [each for found in pairs.values() for each in found]
    if not verdicts:
        return {}
    said = [each.verdict for each in verdicts]
    return {
        "against_previous": {word: said.count(word) for word in ("better", "same", "worse")},
        "judge_orders": {"inconsistent": sum(is_inconsistent(each) for each in verdicts)},
    }


def is_inconsistent(verdict: PairwiseVerdict) -> bool:
    """Whether the two orders of a pair were answered by place."""
    first: Any = verdict.first_answer
    second: Any = verdict.second_answer
    return verdict.verdict is not None and first is not None and orders_disagree(first, second)
