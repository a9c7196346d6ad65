"""Which samples of a data set are predicted: the same ones however its rows are ordered."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice, zip_longest

from tasks.predictions.samples.sample import Sample

STRATA = 5
"""Bins of equally many samples, from the shortest to the longest, that are drawn from alike."""


def choose_samples(samples: Sequence[Sample], count: int, seed: int = 0, stratify: bool = False) -> tuple[Sample, ...]:
    """Those with the smallest SHA-256 of seed and content, in that order; each prompt once.

    Of several answers to a prompt one is taken, not none where another row has it without an answer.

    Rows that come or go elsewhere change the draw only where one of them is drawn; with `stratify` they also move the
    borders of the bins.

    Args:
        samples: All of a data set.
        count: How many; fewer where there are no more.
        seed: Which draw.
        stratify: Draw from short and long samples alike: in turn from five bins of equally many.
    """
    drawn = _each_prompt_once(sorted(samples, key=lambda sample: _place(sample, seed)))
    if not stratify:
        return tuple(drawn[:count])
    return tuple(islice(_in_turn(_bins(drawn, min(STRATA, count))), count))


def prompts_hash(samples: Sequence[Sample]) -> str:
    """SHA-256 (hex) over what the samples ask and answer, in order."""
    return sha256("\n".join(sample.id for sample in samples).encode()).hexdigest()


def _each_prompt_once(drawn: list[Sample]) -> list[Sample]:
    answered = {sample.prompt_id for sample in drawn if sample.ground_truth is not None}
    first: dict[str, Sample] = {}
    for sample in drawn:
        if sample.ground_truth is not None or sample.prompt_id not in answered:
            first.setdefault(sample.prompt_id, sample)
    return list(first.values())


def _place(sample: Sample, seed: int) -> bytes:
    return sha256(f"{seed}:{sample.id}".encode()).digest()


def _bins(drawn: list[Sample], count: int) -> list[list[Sample]]:
    """By length, each in the order of the draw."""
    ranks = {sample.id: rank for rank, sample in enumerate(sorted(drawn, key=lambda each: (each.length, each.id)))}
    bins: list[list[Sample]] = [[] for _ in range(count)]
    for sample in drawn:
        bins[ranks[sample.id] * count // len(drawn)].append(sample)
    return bins


def _in_turn(bins: list[list[Sample]]) -> Iterator[Sample]:
    for turn in zip_longest(*bins):
        yield from (sample for sample in turn if sample is not None)
