"""Small calls made as few large ones: who gets what, whatever happens to callers and handlers."""

import asyncio
from collections.abc import Sequence

import pytest

from storage.grouping import Grouped


class Doubling:
    """A handler that doubles numbers, keeps its groups, and can be held up or told to fail."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.error: Exception | None = None
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.groups.append(list(items))
        await self.free.wait()
        if self.error is not None:
            raise self.error
        return [2 * item for item in items]


async def until_handling(handler: Doubling, groups: int) -> None:
    """Wait until so many groups were handed over."""
    async with asyncio.timeout(30):
        while len(handler.groups) < groups:
            await asyncio.sleep(0)


async def test_every_caller_gets_its_own_result() -> None:
    grouped = Grouped[int, int](Doubling(), 0.0)
    assert await asyncio.gather(*(grouped(number) for number in range(50))) == [2 * number for number in range(50)]


async def test_calls_that_meet_are_handled_together_in_their_order() -> None:
    handler = Doubling()
    grouped = Grouped[int, int](handler, 0.001)
    await asyncio.gather(*(grouped(number) for number in range(50)))
    assert handler.groups == [list(range(50))]


async def test_what_comes_while_a_group_is_handled_is_the_next_group() -> None:
    handler = Doubling()
    handler.free.clear()
    grouped = Grouped[int, int](handler, 0.0)
    first = asyncio.create_task(grouped(0))
    await until_handling(handler, 1)
    rest = asyncio.gather(*(grouped(number) for number in range(1, 10)))
    await asyncio.sleep(0)
    handler.free.set()
    assert (await first, await rest) == (0, list(range(2, 20, 2)))
    assert handler.groups == [[0], list(range(1, 10))]


async def test_no_group_is_larger_than_it_may_be() -> None:
    handler = Doubling()
    grouped = Grouped[int, int](handler, 0.0, most=20)
    await asyncio.gather(*(grouped(number) for number in range(50)))
    assert [len(group) for group in handler.groups] == [20, 20, 10]


async def test_the_item_of_a_caller_that_is_cancelled_is_handled_all_the_same() -> None:
    handler = Doubling()
    grouped = Grouped[int, int](handler, 0.001)
    leaving, staying = asyncio.create_task(grouped(1)), asyncio.create_task(grouped(2))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying == 4
    assert handler.groups == [[1, 2]]


async def test_a_caller_cancelled_while_its_group_is_handled_does_not_disturb_the_others() -> None:
    handler = Doubling()
    handler.free.clear()
    grouped = Grouped[int, int](handler, 0.0)
    leaving, staying = asyncio.create_task(grouped(1)), asyncio.create_task(grouped(2))
    await until_handling(handler, 1)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    handler.free.set()
    assert await staying == 4


async def test_an_error_reaches_everybody_in_its_group_and_nobody_else() -> None:
    handler = Doubling()
    handler.error = ValueError("no")
    grouped = Grouped[int, int](handler, 0.0)
    found = await asyncio.gather(*(grouped(number) for number in range(3)), return_exceptions=True)
    assert found == [handler.error] * 3
    handler.error = None
    assert await grouped(4) == 8


async def test_an_error_that_nobody_waits_for_any_more_is_not_reported_as_forgotten() -> None:
    reported: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reported.append(context))
    handler = Doubling()
    handler.error = ValueError("no")
    grouped = Grouped[int, int](handler, 0.0)
    leaving = asyncio.create_task(grouped(1))
    await asyncio.sleep(0)
    leaving.cancel()
    await grouped.drain()
    await asyncio.gather(leaving, return_exceptions=True)
    del leaving
    await asyncio.sleep(0)
    loop.set_exception_handler(None)
    assert handler.groups == [[1]]
    assert reported == []


async def test_drain_waits_until_everything_handed_over_is_handled() -> None:
    handler = Doubling()
    handler.free.clear()
    grouped = Grouped[int, int](handler, 0.0, most=1)
    tasks = [asyncio.create_task(grouped(number)) for number in range(3)]
    await until_handling(handler, 1)
    for task in tasks:
        task.cancel()
    draining = asyncio.create_task(grouped.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    handler.free.set()
    await draining
    assert handler.groups == [[0], [1], [2]]
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_there_is_nothing_to_drain_before_anything_was_handed_over() -> None:
    handler = Doubling()
    await Grouped[int, int](handler, 0.0).drain()
    assert handler.groups == []


@pytest.mark.parametrize("steps", range(12))
async def test_an_item_that_comes_while_both_groups_end_is_handled(steps: int) -> None:
    gate = asyncio.get_running_loop().create_future()

    async def handle(items: Sequence[int]) -> Sequence[int]:
        if items[0] < 2:
            await gate
        return items

    grouped = Grouped[int, int](handle, 0)
    calls: list[asyncio.Task[int]] = []
    for item in range(2):
        calls.append(asyncio.ensure_future(grouped(item)))
        for _ in range(5):
            await asyncio.sleep(0)
    gate.set_result(None)
    for _ in range(steps):
        await asyncio.sleep(0)
    calls += [asyncio.ensure_future(grouped(item)) for item in (2, 3)]
    done, waiting = await asyncio.wait(calls, timeout=5)
    assert not waiting
    assert sorted(call.result() for call in done) == [0, 1, 2, 3]
