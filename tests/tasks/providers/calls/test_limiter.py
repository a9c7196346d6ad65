"""The limiter: one place at first, more while the API keeps up, half as many after a 429, everybody in turn."""

import asyncio

import pytest

from tasks.providers.calls.limiter import Limiter


async def take(limiter: Limiter, order: list[str], name: str, done: asyncio.Event) -> None:
    async with limiter.place():
        order.append(name)
        await done.wait()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_there_is_one_place_until_a_first_call_has_come_through() -> None:
    limiter, order, done = Limiter(start=3, ceiling=10), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(take(limiter, order, str(number), done)) for number in range(5)]
    await settle()
    assert order == ["0"]
    limiter.came_through()
    done.set()
    await asyncio.gather(*tasks)
    assert (order, limiter.limit, limiter.busy) == (["0", "1", "2", "3", "4"], 3, 0)


async def test_the_limit_grows_only_while_it_is_used_up_and_not_above_the_ceiling() -> None:
    limiter, done = Limiter(start=2, ceiling=4), asyncio.Event()
    limiter.came_through()
    async with limiter.place():
        limiter.came_through()
    assert limiter.limit == 2
    tasks = [asyncio.create_task(take(limiter, [], str(number), done)) for number in range(9)]
    for limit in (3, 4, 4):
        await settle()
        limiter.came_through()
        assert limiter.limit == limit
    done.set()
    await asyncio.gather(*tasks)


async def test_a_429_halves_the_limit_once_for_all_calls_that_were_on_the_wire_and_growth_is_slow_from_then() -> None:
    limiter, done = Limiter(start=8, ceiling=100), asyncio.Event()
    limiter.came_through()
    tasks = [asyncio.create_task(take(limiter, [], str(number), done)) for number in range(8)]
    await settle()
    now = asyncio.get_running_loop().time()
    limiter.was_limited(sent_at=now - 1, pause_seconds=0)
    assert limiter.limit == 4
    limiter.was_limited(sent_at=now - 2, pause_seconds=0)
    assert limiter.limit == 4
    limiter.came_through()
    assert limiter.limit == 4.25
    limiter.was_limited(sent_at=asyncio.get_running_loop().time(), pause_seconds=0)
    assert limiter.limit == 2.125
    done.set()
    await asyncio.gather(*tasks)


async def test_the_limit_never_falls_below_one() -> None:
    limiter = Limiter(start=1, ceiling=1)
    limiter.came_through()
    for _ in range(5):
        limiter.was_limited(asyncio.get_running_loop().time(), 0)
    assert limiter.limit == 1


async def test_a_retry_after_is_waited_for_by_everybody() -> None:
    limiter, order, done = Limiter(start=5, ceiling=5), list[str](), asyncio.Event()
    done.set()
    limiter.came_through()
    loop = asyncio.get_running_loop()
    limiter.was_limited(loop.time(), pause_seconds=0.2)
    until = loop.time() + 0.2
    tasks = [asyncio.create_task(take(limiter, order, str(number), done)) for number in range(3)]
    await asyncio.sleep(0.05)
    assert order == []
    await asyncio.gather(*tasks)
    assert len(order) == 3
    assert loop.time() >= until - 0.01


async def test_stopping_it_sends_away_those_who_wait_and_those_who_come() -> None:
    limiter, done = Limiter(start=1, ceiling=1), asyncio.Event()
    on_the_wire = asyncio.create_task(take(limiter, [], "first", done))
    await settle()
    waiting = asyncio.create_task(take(limiter, [], "second", done))
    await settle()
    limiter.stop(RuntimeError("enough"))
    with pytest.raises(RuntimeError, match="enough"):
        await waiting
    with pytest.raises(RuntimeError, match="enough"):
        await take(limiter, [], "third", done)
    done.set()
    await on_the_wire
    with pytest.raises(RuntimeError, match="enough"):
        await take(limiter, [], "fourth", done)


async def test_whoever_is_cancelled_while_waiting_takes_no_place_with_him() -> None:
    limiter, order, done = Limiter(start=1, ceiling=1), list[str](), asyncio.Event()
    first = asyncio.create_task(take(limiter, order, "first", done))
    await settle()
    second = asyncio.create_task(take(limiter, order, "second", done))
    third = asyncio.create_task(take(limiter, order, "third", done))
    await settle()
    done.set()
    await asyncio.sleep(0)  # the first may hand its place to the second in the very step in which that is cancelled
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert "third" in order
    assert limiter.busy == 0


async def test_no_more_is_handed_out_than_other_processes_leave() -> None:
    allowed = 0
    limiter, order, done = Limiter(start=10, ceiling=10, allowed=lambda: allowed), list[str](), asyncio.Event()
    limiter.came_through()
    tasks = [asyncio.create_task(take(limiter, order, str(number), done)) for number in range(10)]
    await settle()
    assert order == []
    allowed = 5
    limiter.came_through()
    await settle()
    assert len(order) == 5
    done.set()
    await asyncio.gather(*tasks)
