"""Calls made at the same time become batches of one thread; what happens to one call happens to no other."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import AnswerTruncated, CallFailed, CallRejected, ModelError
from tasks.providers.local_model.batches import Batches, Waiting
from tests.tasks.providers.questions import request_for


class Answering:
    """Repeats each prompt, once it is let go; says what batches it was given, and in which threads."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.threads: set[threading.Thread] = set()
        self.go = threading.Event()
        self.go.set()
        self.begun = threading.Event()

    def __call__(self, batch: Sequence[Waiting]) -> Sequence[ModelReply | ModelError]:
        self.batches.append([waiting.request.prompt for waiting in batch])
        self.threads.add(threading.current_thread())
        self.begun.set()
        self.go.wait(30)
        return [self.answer(waiting.request) for waiting in batch]

    def answer(self, request: ModelRequest) -> ModelReply | ModelError:
        if request.prompt == "long":
            return AnswerTruncated("cut off", ModelReply(text="x"))
        if request.prompt == "bad":
            raise ZeroDivisionError("by zero")
        return ModelReply(text=request.prompt)


async def ask_all(batches: Batches, prompts: Sequence[str]) -> list[ModelReply | BaseException]:
    asking = (batches.ask(request_for(prompt=prompt)) for prompt in prompts)
    return await asyncio.gather(*asking, return_exceptions=True)


async def begin(batches: Batches, answering: Answering, prompts: Sequence[str]) -> list[asyncio.Task[ModelReply]]:
    """Ask, and come back when the first batch is being answered and is held."""
    answering.go.clear()
    asking = [asyncio.create_task(batches.ask(request_for(prompt=prompt))) for prompt in prompts]
    await asyncio.to_thread(answering.begun.wait, 30)
    return asking


async def test_calls_made_together_are_answered_together_and_in_order() -> None:
    answering = Answering()
    batches = Batches(answering, most=4)
    replies = await ask_all(batches, [str(number) for number in range(10)])
    await batches.close()
    assert [reply.text for reply in replies if isinstance(reply, ModelReply)] == [str(number) for number in range(10)]
    assert answering.batches == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9"]]
    assert len(answering.threads) == 1
    assert threading.current_thread() not in answering.threads


async def test_calls_that_come_while_a_batch_is_answered_make_the_next_one() -> None:
    answering = Answering()
    batches = Batches(answering, most=4)
    first = await begin(batches, answering, ["a"])
    rest = [asyncio.create_task(batches.ask(request_for(prompt=prompt))) for prompt in "bcd"]
    await asyncio.sleep(0)
    answering.go.set()
    assert [reply.text for reply in await asyncio.gather(*first, *rest)] == ["a", "b", "c", "d"]
    await batches.close()
    assert answering.batches == [["a"], ["b", "c", "d"]]


async def test_a_call_after_all_others_were_answered_is_answered() -> None:
    batches = Batches(Answering(), most=4)
    for prompt in ("a", "b"):
        assert (await batches.ask(request_for(prompt=prompt))).text == prompt
    await batches.close()


async def test_a_call_without_an_answer_does_not_touch_the_others() -> None:
    batches = Batches(Answering(), most=4)
    first, failed, last = await ask_all(batches, ["a", "long", "b"])
    await batches.close()
    assert isinstance(failed, AnswerTruncated)
    assert (first, last) == (ModelReply(text="a"), ModelReply(text="b"))


async def test_what_breaks_a_batch_is_told_to_each_of_its_calls_and_the_next_batch_goes_on() -> None:
    batches = Batches(Answering(), most=2)
    *broken, sound = await ask_all(batches, ["a", "bad", "b"])
    await batches.close()
    assert [(type(error), str(error)) for error in broken] == [(CallFailed, "ZeroDivisionError: by zero")] * 2
    assert sound == ModelReply(text="b")


async def test_a_model_error_that_breaks_a_batch_stays_what_it_is() -> None:
    def refuse(batch: Sequence[Waiting]) -> Sequence[ModelReply | ModelError]:
        raise CallRejected("never")

    batches = Batches(refuse, most=2)
    (error,) = await ask_all(batches, ["a"])
    await batches.close()
    assert isinstance(error, CallRejected)


async def test_a_call_that_is_cancelled_before_its_turn_is_not_answered() -> None:
    answering = Answering()
    batches = Batches(answering, most=1)
    first, second, third = await begin(batches, answering, ["a", "b", "c"])
    second.cancel()
    await asyncio.wait({second})
    answering.go.set()
    assert [reply.text for reply in await asyncio.gather(first, third)] == ["a", "c"]
    await batches.close()
    assert answering.batches == [["a"], ["c"]]


async def test_a_call_that_is_cancelled_while_it_is_answered_leaves_its_batch_unharmed() -> None:
    answering = Answering()
    batches = Batches(answering, most=3)
    first, second, third = await begin(batches, answering, ["a", "b", "c"])
    second.cancel()
    await asyncio.wait({second})
    answering.go.set()
    assert [reply.text for reply in await asyncio.gather(first, third)] == ["a", "c"]
    await batches.close()


async def test_closing_lets_all_go_who_wait_and_stops_the_thread() -> None:
    answering = Answering()
    batches = Batches(answering, most=1)
    asking = await begin(batches, answering, ["a", "b"])
    closing = asyncio.create_task(batches.close())
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    answering.go.set()
    await closing
    assert [type(outcome) for outcome in outcomes] == [CallFailed, CallFailed]
    assert answering.batches == [["a"]]
    assert not any(thread.is_alive() for thread in answering.threads)


async def test_after_closing_no_call_is_taken_and_closing_again_does_nothing() -> None:
    batches = Batches(Answering(), most=1)
    await batches.close()
    await batches.close()
    with pytest.raises(CallFailed, match="was closed"):
        await batches.ask(request_for())
