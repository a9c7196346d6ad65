"""The model client: one owner of retries, concurrency and the ledger for every call of a run."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from settings import Settings
from storage.records import ModelCall
from tasks.providers.base import AnswerT, ModelReply, ModelRequest, Provider, Question
from tasks.providers.errors import AnswerUnparseable, CallFailed, ModelError


class Ledger(Protocol):
    """Where calls are kept; storage has the one that is Postgres."""

    async def find(self, request_hash: str) -> str | None:
        """The committed usable answer to this request of this run; None where there is none."""
        ...

    async def record(self, call: ModelCall) -> None:
        """Commit one attempt; returns when it is committed."""
        ...


class ModelClient:
    """Asks the judge of one run; at most `concurrency` calls are on the wire, answers are committed before use."""

    def __init__(self, run_id: UUID, provider: Provider, ledger: Ledger, settings: Settings, concurrency: int) -> None:
        """Nothing is sent yet."""
        self._run_id = run_id
        self._provider = provider
        self._ledger = ledger
        self._settings = settings
        self._places = asyncio.Semaphore(concurrency)

    async def __call__(self, question: Question[AnswerT]) -> AnswerT:
        """Ask, or read the answer committed earlier in this run; see `Ask`.

        Raises:
            ModelError: There is no usable answer, after all tries.
        """
        request = self._request(question)
        committed = await self._ledger.find(request.hash)
        if committed is not None:
            return parse_answer(question.answer, ModelReply(text=committed))
        async for attempt in self._tries():
            with attempt:
                return await self._attempt(request, question)
        raise AssertionError("unreachable: the last try raises")

    def _request(self, question: Question[Any]) -> ModelRequest:
        settings = self._settings
        return ModelRequest(
            provider=self._provider.name,
            base_url=self._provider.base_url,
            model=self._provider.model,
            system=question.system,
            prompt=question.prompt,
            parameters={"temperature": settings.temperature, "max_completion_tokens": settings.max_output_tokens},
            schema_name=question.answer.__name__,
            answer_schema=answer_schema(question.answer),
            repeat=question.repeat,
        )

    def _tries(self) -> AsyncRetrying:
        settings = self._settings
        first, longest = settings.call_backoff_seconds, settings.call_backoff_max_seconds
        return AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, ModelError) and error.retryable),
            stop=stop_after_attempt(settings.call_attempts),
            wait=honour_retry_after(wait_random_exponential(multiplier=first, max=longest)),
            reraise=True,
        )

    async def _attempt(self, request: ModelRequest, question: Question[AnswerT]) -> AnswerT:
        async with self._places:  # given back once the answer is committed: a kill loses no more than has a place
            started = time.perf_counter()
            answer: AnswerT | None = None
            error: ModelError | None = None
            try:
                reply = await self._provider.complete(request, question.item, question.method)
                answer = parse_answer(question.answer, reply)
            except ModelError as failure:
                error, reply = failure, failure.reply
            duration_ms = (time.perf_counter() - started) * 1000
            await self._record(request, question, reply, error, duration_ms)
        if answer is None:
            assert error is not None
            raise error
        return answer

    async def _record(
        self,
        request: ModelRequest,
        question: Question[Any],
        reply: ModelReply | None,
        error: ModelError | None,
        duration_ms: float,
    ) -> None:
        await self._ledger.record(
            ModelCall(
                run_id=self._run_id,
                request_hash=request.hash,
                item=question.item,
                method=question.method,
                provider=request.provider,
                model=request.model,
                system_prompt=request.system,
                prompt=request.prompt,
                response=reply.text if reply else None,
                usable=error is None,
                error=f"{error.reason}: {error}" if error else None,
                duration_ms=duration_ms,
                tokens_in=reply.tokens_in if reply else 0,
                tokens_out=reply.tokens_out if reply else 0,
                cost_usd=Decimal(0) if self._provider.free else None,
                created_at=datetime.now(UTC),
            )
        )


def honour_retry_after(backoff: Callable[[RetryCallState], float]) -> Callable[[RetryCallState], float]:
    """Wait as the backoff says, and never shorter than the server asked."""

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, CallFailed) else None
        return max(backoff(state), asked or 0.0)

    return wait


def parse_answer(answer: type[AnswerT], reply: ModelReply) -> AnswerT:
    """Validate an answer against its schema.

    Raises:
        AnswerUnparseable: It does not fit.
    """
    try:
        return answer.model_validate_json(reply.text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the answer"
        raise AnswerUnparseable(f"{where}: {first['msg']} ({error.error_count()} problems)", reply) from error


@lru_cache
def answer_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema sent to the model."""
    return answer.model_json_schema()
