"""The model client: one owner of retries, concurrency, budget and the ledger for every call of a run."""

import asyncio
import math
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from settings import Settings
from storage.records import Amount, ModelCall
from tasks.providers.base import AnswerT, ModelReply, ModelRequest, Provider, Question
from tasks.providers.calls.answers import parse_answer
from tasks.providers.calls.bookkeeper import Bookkeeper
from tasks.providers.calls.breaker import Breaker
from tasks.providers.calls.budget import Budget
from tasks.providers.calls.ledger import Ledger, NoPrice, Price, Spent
from tasks.providers.calls.limiter import Limiter
from tasks.providers.calls.pace import Pace
from tasks.providers.calls.requests import likely_tokens, repair_of, request_for
from tasks.providers.calls.tries import tries_of
from tasks.providers.errors import AccessRefused, AnswerUnparseable, BudgetExhausted, ModelError, RateLimited

USUAL_TOKENS_OUT = 500

Ended = tuple[ModelCall, Any]
"""One attempt as the ledger keeps it, and its answer, or the `ModelError` that says why there is none to be used."""


class ModelClient:
    """Asks the judge of one run. An answer is committed before it is used, and never asked for again.

    Attributes:
        spent: What the run has used so far, earlier tries of it included where they were given.
        stopped: What the run is to stop with; None while the judge can be used.
    """

    def __init__(
        self,
        run_id: UUID,
        provider: Provider,
        ledger: Ledger,
        settings: Settings,
        concurrency: int = 20,
        *,
        price: Price | None = None,
        budget: Budget | None = None,
        spent: Spent | None = None,
        share: Callable[[], float] = lambda: 1.0,
        allowed: Callable[[], float] = lambda: math.inf,
    ) -> None:
        """Nothing is sent yet.

        Args:
            run_id: The run that pays.
            provider: Whom to ask.
            ledger: Where calls are kept.
            settings: Tries, pauses, limits.
            concurrency: Most calls on the wire.
            price: None where it is not known; a free provider needs none.
            budget: None where the run has none.
            spent: What the run used before.
            share: Which part of the limits per minute is this process's, 0 to 1.
            allowed: Most calls on the wire that other processes leave this one.
        """
        self._run_id = run_id
        self._books = Bookkeeper(run_id, NoPrice() if provider.free else price)
        self._provider = provider
        self._ledger = ledger
        self._settings = settings
        self._budget = budget
        self._limiter = Limiter(settings.start_concurrency, concurrency, allowed)
        self._pace = Pace(settings.requests_per_minute, settings.tokens_per_minute, share)
        self._breaker = Breaker(f"{provider.name}:{provider.model}", settings.breaker_calls)
        self._asking: dict[str, asyncio.Future[Any]] = {}
        self.spent = spent or Spent()
        self.stopped: Exception | None = None
        self._failure: ModelError | None = None
        self._unrecorded: Exception | None = None

    @property
    def provider(self) -> Provider:
        """Who is asked."""
        return self._provider

    @property
    def on_wire(self) -> int:
        """Calls whose place is taken: on the wire, or about to be, or just back."""
        return self._limiter.busy

    @property
    def budget_exhausted(self) -> bool:
        """Whether the budget covers no further call."""
        return self._budget is not None and self._budget.exhausted

    async def __call__(self, question: Question[AnswerT]) -> AnswerT:
        """Ask, or read the answer committed earlier; see `Ask`.

        Raises:
            ModelError: There is no usable answer, after all tries.
            UnusableJudge: The first call showed that the key, the model or the URL is wrong.
            JudgeStopped: The judge has stopped answering.
        """
        request = request_for(question, self._provider, self._settings)
        while (same := self._asking.get(request.hash)) is not None:
            await asyncio.wait({same})  # the same request is on the wire already: its answer is ours too
            if not same.cancelled():
                return same.result()
        asking = self._asking[request.hash] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._find_or_ask(request, question)
        except ModelError as error:
            asking.set_exception(error)
            asking.exception()  # seen here: as a rule nobody else waits for it
            raise
        else:
            asking.set_result(answer)
        finally:
            asking.cancel()
            del self._asking[request.hash]
        return answer

    def stop(self, error: Exception) -> None:
        """Send nothing any more: who asks from now on, or waits to, gets this error; calls on the wire are finished."""
        self.stopped = self.stopped or error
        self._limiter.stop(self.stopped)

    async def close(self) -> None:
        """Give back what is left of the budget."""
        if self._budget is not None:
            await self._budget.close()

    async def _find_or_ask(self, request: ModelRequest, question: Question[AnswerT]) -> AnswerT:
        found = await self._ledger.find(request.hash)
        self._unrecorded = None  # the ledger answers
        if found is None:
            return await self._ask(request, question)
        if found.run_id != self._run_id:
            reply = ModelReply(text=found.text)
            await self._ledger.record(self._books.call(request, request, question, reply, reused_from=found.run_id))
        return parse_answer(question.answer, ModelReply(text=found.text))

    async def _ask(self, request: ModelRequest, question: Question[AnswerT]) -> AnswerT:
        """Ask, and ask for a repair of an answer that does not fit."""
        sent = request
        repairs = self._settings.repair_calls
        while True:
            try:
                answer = await self._try(sent, request, question)
            except AnswerUnparseable as error:
                if not repairs or error.reply is None:
                    self._failed(error)
                    raise
                repairs -= 1
                sent = repair_of(request, error)
            except BudgetExhausted:
                raise
            except ModelError as error:
                self._failed(error)
                raise
            else:
                self._breaker.came_through()
                return answer

    def _failed(self, error: ModelError) -> None:
        if not isinstance(error, AccessRefused):
            self._count_failure(error)
        if self._failure is error:
            assert self.stopped is not None
            raise self.stopped from error

    def _count_failure(self, error: ModelError) -> None:
        ending = self._breaker.failed(error)
        if ending is not None and self.stopped is None:
            self._failure = error
            self.stop(ending)

    async def _try(self, sent: ModelRequest, asked: ModelRequest, question: Question[AnswerT]) -> AnswerT:
        async for attempt in tries_of(self._settings):
            with attempt:
                return await self._attempt(sent, asked, question)
        raise AssertionError("unreachable: the last try raises")

    async def _attempt(self, sent: ModelRequest, asked: ModelRequest, question: Question[AnswerT]) -> AnswerT:
        async with self._limiter.place() as taken_at:  # given back once the answer is committed
            if self._unrecorded is not None:
                raise self._unrecorded.with_traceback(None)
            send = self._send if self._budget is None else self._send_within_budget
            call, outcome = await send(sent, asked, question)
            error = outcome if isinstance(outcome, ModelError) else None
            self.spent.add(call)
            self._adapt(error, taken_at)
            if isinstance(error, AccessRefused):  # before the place is free: nobody is to try the wrong key again
                self._count_failure(error)
        if isinstance(outcome, ModelError):
            raise outcome
        return outcome

    async def _send_within_budget(self, sent: ModelRequest, asked: ModelRequest, question: Question[Any]) -> Ended:
        assert self._budget is not None
        most = paid = self._books.most(sent)  # what is cut off, or cannot be recorded, may have been billed in full
        await self._budget.reserve(most)
        try:
            call, outcome = await self._send(sent, asked, question)
            paid = Amount(usd=call.cost_usd or Decimal(0), tokens=call.tokens_in + call.tokens_out)
            return call, outcome
        finally:
            self._budget.settle(most, paid)

    async def _send(self, sent: ModelRequest, asked: ModelRequest, question: Question[Any]) -> Ended:
        likely = likely_tokens(sent, self._usual_tokens_out()) if self._pace.is_limited else 0
        await self._pace.take(likely)
        call, outcome = await self._complete(sent, asked, question)
        self._pace.settle(likely, call.tokens_in + call.tokens_out)
        try:
            await self._ledger.record(call)
        except Exception as error:  # before the place is free: nobody is to pay for another answer that is lost
            self._unrecorded = error
            raise
        return call, outcome

    async def _complete(self, sent: ModelRequest, asked: ModelRequest, question: Question[Any]) -> Ended:
        started = time.perf_counter()
        try:
            reply: ModelReply | None = await self._provider.complete(sent, question.item, question.method)
            assert reply is not None
            outcome: object = parse_answer(question.answer, reply)
        except ModelError as failure:
            outcome, reply = failure, failure.reply
        duration_ms = (time.perf_counter() - started) * 1000
        error = outcome if isinstance(outcome, ModelError) else None
        return self._books.call(sent, asked, question, reply, error=error, duration_ms=duration_ms), outcome

    def _adapt(self, error: ModelError | None, taken_at: float) -> None:
        if isinstance(error, RateLimited):
            asked = min(error.retry_after_seconds or 0.0, self._settings.retry_after_max_seconds)
            self._limiter.was_limited(taken_at, asked)
        elif error is None or error.reply is not None:
            self._limiter.came_through()

    def _usual_tokens_out(self) -> float:
        return self.spent.tokens_out / self.spent.calls if self.spent.calls else USUAL_TOKENS_OUT
