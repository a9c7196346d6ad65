"""What a live run writes: results and model calls, committed in groups, with database faults ridden out."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from settings import Settings
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.grouping import Grouped
from storage.queries.evaluations import save_evaluations
from storage.queries.ledger import save_calls, usable_answers
from storage.records import ModelCall, ThreadEvaluation

ResultT = TypeVar("ResultT")


class RunWriter:
    """Writes the rows of one run; every method returns once its row is committed."""

    def __init__(self, database: Database, run_id: UUID, settings: Settings) -> None:
        """Nothing is written yet."""
        self._database = database
        self._run_id = run_id
        self._patience_seconds = settings.database_patience_seconds
        window = settings.commit_window_ms / 1000
        self._evaluations = Grouped[ThreadEvaluation, None](self._save_evaluations, window)
        self._calls = Grouped[ModelCall, None](self._save_calls, window)
        self._questions = Grouped[str, str | None](self._find_answers, window)

    async def save(self, evaluation: ThreadEvaluation) -> None:
        """Commit one result."""
        await self._evaluations(evaluation)

    async def record(self, call: ModelCall) -> None:
        """Commit one attempt at a model call."""
        await self._calls(call)

    async def find(self, request_hash: str) -> str | None:
        """The committed usable answer to this request of this run; None where there is none."""
        return await self._questions(request_hash)

    async def drain(self) -> None:
        """Wait until everything handed over is committed."""
        for group in (self._evaluations, self._calls, self._questions):
            await group.drain()

    async def _save_evaluations(self, evaluations: Sequence[ThreadEvaluation]) -> Sequence[None]:
        async def save() -> None:
            async with self._database.one_statement() as session:
                await save_evaluations(session, evaluations)

        await self._with_patience(save)
        return [None] * len(evaluations)

    async def _save_calls(self, calls: Sequence[ModelCall]) -> Sequence[None]:
        async def save() -> None:
            async with self._database.one_statement() as session:
                await save_calls(session, calls)

        await self._with_patience(save)
        return [None] * len(calls)

    async def _find_answers(self, hashes: Sequence[str]) -> Sequence[str | None]:
        async def find() -> dict[str, str]:
            async with self._database.one_statement() as session:
                return await usable_answers(session, self._run_id, hashes)

        found = await self._with_patience(find)
        return [found.get(request_hash) for request_hash in hashes]

    async def _with_patience(self, work: Callable[[], Awaitable[ResultT]]) -> ResultT:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(DatabaseUnavailable),
            stop=stop_after_delay(self._patience_seconds),
            wait=wait_random_exponential(multiplier=0.1, max=5),
            reraise=True,
        ):
            with attempt:
                return await work()
        raise AssertionError("unreachable: the last try raises")
