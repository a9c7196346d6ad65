"""How a run is cut into batches."""

from collections import Counter

import pytest

from tasks.batches import MOST_BATCHES, SMALLEST_BATCH, plan_batches

NAMES = ("intent", "correctness", "efficiency")


@pytest.mark.parametrize(("threads", "repeats"), [(1, 1), (25, 2), (26, 3), (1000, 1), (1000, 20), (70_000, 3)])
def test_every_unit_is_in_one_batch(threads: int, repeats: int) -> None:
    batches = list(plan_batches(NAMES, range(threads), repeats))
    sizes: Counter[tuple[str, int]] = Counter()
    for batch in batches:
        assert batch.stop > batch.start >= 0
        sizes[batch.evaluator, batch.repeat] += batch.stop - batch.start
    assert sizes == {(name, repeat): threads for name in NAMES for repeat in range(repeats)}
    assert len(set(batches)) == len(batches) <= MOST_BATCHES + len(NAMES) * repeats
    assert all(batch.stop - batch.start >= min(SMALLEST_BATCH, threads) for batch in batches if batch.stop < threads)


def test_evaluators_and_repeats_take_turns_on_each_range_of_threads() -> None:
    batches = list(plan_batches(NAMES, range(60), 2))
    starts = [batch.start for batch in batches]
    assert starts == sorted(starts)
    turns = [(batch.repeat, batch.evaluator) for batch in batches if batch.start == 25]
    assert turns == [(repeat, name) for repeat in range(2) for name in NAMES]


def test_a_run_without_threads_has_no_batch() -> None:
    assert list(plan_batches(NAMES, range(0))) == []


def test_the_batches_of_a_part_of_a_run_stay_within_it() -> None:
    batches = list(plan_batches(["intent"], range(40, 110)))
    assert [(batch.start, batch.stop) for batch in batches] == [(40, 65), (65, 90), (90, 110)]
