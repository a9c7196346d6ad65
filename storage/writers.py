"""What a live run writes: results and model calls, committed in groups, with database faults ridden out."""

from collections.abc import Sequence
from uuid import UUID

from settings import Settings
from storage.database import Database
from storage.grouping import Grouped
from storage.patience import with_patience
from storage.queries.erasing import erase_finished
from storage.queries.evaluations import save_evaluations
from storage.queries.ledger import save_calls, usable_answers
from storage.records import FoundAnswer, ModelCall, Reuse, ThreadEvaluation


class RunWriter:
    """Writes the rows of one run; every method returns once its row is committed."""

    def __init__(
        self,
        database: Database,
        run_id: UUID,
        settings: Settings,
        *,
        reuse: Reuse = "run",
        log_content: bool = True,
    ) -> None:
        """Nothing is written yet.

        Args:
            database: Where to.
            run_id: The run.
            settings: How long groups form, and how long a database that is away is waited for.
            reuse: Whose answers `find` finds.
            log_content: False erases prompts and answers from the ledger once the result they led to is final.
        """
        self._database = database
        self._run_id = run_id
        self._reuse: Reuse = reuse
        self._log_content = log_content
        self._patience_seconds = settings.database_patience_seconds
        window = settings.commit_window_ms / 1000
        self._evaluations = Grouped[ThreadEvaluation, None](self._save_evaluations, window)
        self._calls = Grouped[ModelCall, None](self._save_calls, window)
        self._questions = Grouped[str, FoundAnswer | None](self._find_answers, window)

    async def save(self, evaluation: ThreadEvaluation) -> None:
        """Commit one result."""
        await self._evaluations(evaluation)

    async def record(self, call: ModelCall) -> None:
        """Commit one attempt at a model call."""
        await self._calls(call)

    async def find(self, request_hash: str) -> FoundAnswer | None:
        """The committed usable answer to this request; None where there is none to be used again."""
        return None if self._reuse == "never" else await self._questions(request_hash)

    async def drain(self) -> None:
        """Wait until everything handed over is committed."""
        for group in (self._evaluations, self._calls, self._questions):
            await group.drain()

    async def _save_evaluations(self, evaluations: Sequence[ThreadEvaluation]) -> Sequence[None]:
        async def save() -> None:
            if self._log_content:
                async with self._database.one_statement() as session:
                    await save_evaluations(session, evaluations)
            else:
                async with self._database.transaction() as session:
                    await save_evaluations(session, evaluations)
                    await erase_finished(session, self._run_id, evaluations)

        await with_patience(save, self._patience_seconds)
        return [None] * len(evaluations)

    async def _save_calls(self, calls: Sequence[ModelCall]) -> Sequence[None]:
        async def save() -> None:
            async with self._database.one_statement() as session:
                await save_calls(session, calls)

        await with_patience(save, self._patience_seconds)
        return [None] * len(calls)

    async def _find_answers(self, hashes: Sequence[str]) -> Sequence[FoundAnswer | None]:
        async def find() -> dict[str, FoundAnswer]:
            async with self._database.one_statement() as session:
                return await usable_answers(session, self._run_id, hashes, self._reuse)

        found = await with_patience(find, self._patience_seconds)
        return [found.get(request_hash) for request_hash in hashes]
