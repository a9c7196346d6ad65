"""Requests and tokens per minute."""

import asyncio

import pytest

from tasks.providers.calls.pace import Bucket, Pace


class Clock:
    now = 1000.0


def whole() -> float:
    return 1.0


async def taken_in_a_minute(bucket: Bucket, clock: Clock, amount: float) -> float:
    """Take as often as it gives for a minute."""
    taken, until = 0.0, clock.now + 60
    while clock.now < until:
        wait_seconds = bucket.take(amount)
        if wait_seconds:
            clock.now += wait_seconds
        else:
            taken += amount
    return taken


@pytest.mark.parametrize(("per_minute", "amount"), [(600, 1), (30, 1), (60_000, 700), (6_000, 9_000)])
async def test_a_minute_sees_the_limit_and_a_second_more(per_minute: int, amount: int) -> None:
    clock, bucket = Clock(), Bucket(per_minute, whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "time", lambda: clock.now)
        taken = await taken_in_a_minute(bucket, clock, amount)
    assert 0.9 * per_minute - amount <= taken <= per_minute * 61 / 60 + amount


async def test_a_share_of_the_limit_is_a_share_of_the_rate() -> None:
    clock, bucket = Clock(), Bucket(600, lambda: 0.25)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "time", lambda: clock.now)
        taken = await taken_in_a_minute(bucket, clock, 1)
    assert 140 <= taken <= 154


async def test_a_call_that_used_less_than_was_thought_leaves_room_for_the_next() -> None:
    bucket = Bucket(60, whole)
    assert bucket.take(100) == 0
    assert bucket.take(1) > 60
    bucket.give_back(100)
    assert bucket.take(1) == 0


async def test_without_a_limit_nobody_waits() -> None:
    pace = Pace(0, 0, whole)
    for _ in range(1000):
        await pace.take(1_000_000)
    assert not pace.is_limited


async def test_calls_wait_their_turn_under_a_limit() -> None:
    pace, loop = Pace(600, 0, whole), asyncio.get_running_loop()
    started = loop.time()
    await asyncio.gather(*(pace.take(0) for _ in range(15)))
    assert loop.time() - started >= 0.4  # ten at once, and five more at ten a second
