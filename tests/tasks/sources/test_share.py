"""A share of the threads, drawn by a hash of their ids."""

import random

import pytest

from storage.records import Message, Thread
from tasks.sources.grouping.share import share_key, take_share

THREADS = [Thread(external_id=f"t{number}", messages=(Message(role="user"),)) for number in range(4000)]


def drawn(rate: float, seed: int = 0, threads: list[Thread] = THREADS) -> list[str]:
    return [thread.external_id for thread in take_share(iter(threads), rate, seed)]


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9])
def test_it_is_about_as_large_as_was_asked_for(rate: float) -> None:
    expected = rate * len(THREADS)
    assert len(drawn(rate)) == pytest.approx(expected, abs=4 * (expected * (1 - rate)) ** 0.5)


def test_it_depends_on_the_ids_and_the_seed_alone() -> None:
    mixed = random.Random(1).sample(THREADS, len(THREADS))
    assert set(drawn(0.3, threads=mixed)) == set(drawn(0.3))
    assert drawn(0.3) == sorted(drawn(0.3), key=lambda name: int(name[1:]))
    assert set(drawn(0.3, seed=1)) != set(drawn(0.3))


def test_a_larger_share_holds_every_smaller_one() -> None:
    assert set(drawn(0.1)) < set(drawn(0.11)) < set(drawn(0.999)) < set(drawn(1.0))
    assert len(drawn(1.0)) == len(THREADS)


def test_the_smallest_and_the_largest_share_have_a_key() -> None:
    assert share_key(5e-324) == bytes(8)
    assert share_key(0.5) == b"\x80" + bytes(7)
    assert (share_key(1.0), len(share_key(1 - 2**-53) or b"")) == (None, 8)
