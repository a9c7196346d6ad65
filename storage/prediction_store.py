"""Training predictions in Postgres for code that is not async, and works while another loop runs: in a Trainer."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from settings import Settings, get_settings
from storage.database import Database, open_database
from storage.errors import DatabaseUnavailable, JobNotFound, RowsRefused
from storage.queries.jobs import acting_as, find_job, token_hashes
from storage.queries.predictions import predicted_keys, save_predictions
from storage.queries.variants import pin_variant
from storage.records.prediction import Prediction, TrainingJob, Variant

ResultT = TypeVar("ResultT")


def open_prediction_store(settings: Settings | None = None) -> "PredictionStore":
    """A store that connects when it is first asked for something.

    Args:
        settings: Which database; default: those of the process.
    """
    return PredictionStore(settings or get_settings())


class PredictionStore:
    """What trainings write and ask; any thread may call any method, and waits for the answer.

    Its connections live in an event loop in a thread of its own. Every method raises DatabaseUnavailable, or
    DatabaseUnusable, where Postgres cannot be reached; a later call connects anew.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None
        self._opening = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="predictions-database", daemon=True)
        self._thread.start()

    def job(self, user_id: str, job_id: UUID) -> TrainingJob:
        """The job as it was created.

        Raises:
            JobNotFound: The user has no such job.
        """
        return self._run(user_id, lambda session: _job(session, user_id, job_id))

    def pin(self, user_id: str, variant: Variant, token_hash: str | None = None) -> Variant:
        """Pin the prompts and settings of a variant where they are not pinned yet; returns what is pinned.

        Args:
            user_id: Whose job it is.
            variant: What the caller is going to predict with, to be compared with what is returned.
            token_hash: SHA-256 (hex) of the secret that the process was given for the job; None where it has none.

        Raises:
            JobNotFound: The user has no such job.
            RowsRefused: The secret is not one of the job's.
        """

        async def work(session: AsyncSession) -> Variant:
            await _job(session, user_id, variant.job_id)
            if token_hash is not None and token_hash not in await token_hashes(session, variant.job_id):
                raise RowsRefused(f"JOB_TOKEN is not a secret of job {variant.job_id}: `evalflows jobs exec` sets it")
            return await pin_variant(session, variant)

        return self._run(user_id, work)

    def save(self, user_id: str, rows: Sequence[Prediction]) -> int:
        """Commit rows, all or none; returns how many are new. Saving the same rows twice changes nothing.

        Raises:
            RowsRefused: Postgres does not take one of them, for a reason that stays.
        """
        return self._run(user_id, lambda session: save_predictions(session, rows))

    def answered(self, user_id: str, job_id: UUID, variant: str, step: int) -> set[tuple[int, int]]:
        """Sample index and repeat of what a step has an answer for."""
        return self._run(user_id, lambda session: predicted_keys(session, job_id, variant, step))

    def token_hashes(self, user_id: str, job_id: UUID) -> tuple[str, ...]:
        """SHA-256 (hex) of each secret of a job.

        Raises:
            JobNotFound: The user has no such job.
        """

        async def work(session: AsyncSession) -> tuple[str, ...]:
            await _job(session, user_id, job_id)
            return await token_hashes(session, job_id)

        return self._run(user_id, work)

    def close(self) -> None:
        """Close every connection, and the thread."""
        if self._loop.is_closed():
            return
        if self._database is not None:
            asyncio.run_coroutine_threadsafe(self._database.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, user_id: str, work: Callable[[AsyncSession], Awaitable[ResultT]]) -> ResultT:
        async def transact() -> ResultT:
            async with self._transaction() as session:
                await acting_as(session, user_id)
                return await work(session)

        return asyncio.run_coroutine_threadsafe(transact(), self._loop).result()

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[AsyncSession]:
        """A transaction; what Postgres refuses is told without the rows, which are in its own message."""
        async with self._opening:
            if self._database is None:
                self._database = await open_database(self._settings)
        try:
            async with self._database.transaction() as session:
                yield session
        except DBAPIError as error:
            if error.connection_invalidated:
                raise DatabaseUnavailable("the connection to the database broke") from error
            raise RowsRefused(str(error.orig).partition("\n")[0].strip()) from error


async def _job(session: AsyncSession, user_id: str, job_id: UUID) -> TrainingJob:
    job = await find_job(session, job_id)
    if job is None:
        raise JobNotFound(f"user {user_id!r} has no training job {job_id}: make one with `evalflows jobs create`")
    return job
