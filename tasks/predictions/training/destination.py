"""Where the rows of one training go: the database or a spool, and what was there before this training."""

import logging
import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from typing import NoReturn, TypeVar

from pydantic import ValidationError

from storage.errors import DatabaseError
from storage.records.prediction import Prediction, Variant
from tasks.predictions.job import JobIdentity, refuse_difference
from tasks.predictions.writing.sink import PredictionSink
from tasks.predictions.writing.spool import SpoolFile, SpoolRefused, left_spools, read_spool
from tasks.predictions.writing.writer import PredictionWriter

logger = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")
ANSWER_SECONDS = 10.0
"""How long training waits for a database that does not answer, once."""


class Destination:
    """Takes rows without waiting for a database, and knows what it needs not take again."""

    def __init__(
        self,
        sink: PredictionSink | None,
        job: JobIdentity,
        pinned: Variant,
        spool_folder: Path,
        queue_rows: int,
        let_go: Callable[[], None],
    ) -> None:
        """Read what earlier processes left in the spool, and start the writer.

        Args:
            sink: The database; None where rows go to the spool only.
            job: Whose rows they are.
            pinned: What they are made with.
            spool_folder: Where rows wait, or stay.
            queue_rows: Most rows in memory where the disk does not take them.
            let_go: Called when all is written.

        Raises:
            RunRefused: A spool of the job has predictions of other prompts or settings for the variant.
        """
        self._sink, self._job, self._variant, self._let_go = sink, job, pinned, let_go
        self._folder = spool_folder
        left = _left_rows(spool_folder, pinned, is_signed=job.token is not None)
        self._spooled = {_key(row) for row in left if row.failure is None}
        self._writer = PredictionWriter(sink, job.user_id, pinned, spool_folder, token=job.token, queue_rows=queue_rows)
        self.put = self._writer.put

    def answered(self, step: int) -> set[tuple[int, int]]:
        """Sample index and repeat of what a step has an answer for, as far as the database says so in time."""
        spooled = {(index, repeat) for at, index, repeat in self._spooled if at == step}
        sink = self._sink
        if sink is None:
            return spooled
        job = self._job
        try:
            return spooled | within(
                ANSWER_SECONDS, lambda: sink.answered(job.user_id, job.job_id, self._variant.variant, step)
            )
        except TimeoutError:
            self._sink = None  # it is not waited for again
            logger.warning("the database does not say what it has of step %d: all of it is predicted", step)
        except DatabaseError as error:
            logger.warning("step %d is predicted whether or not it has been before: %s", step, error)
        return spooled

    def close(self) -> str:
        """Bring what is waiting to the database; returns where the rows are, in words."""
        self._writer.close()
        try:
            within(ANSWER_SECONDS, self._let_go)
        except TimeoutError:
            logger.warning("connections to a database that does not answer were left open")
        left = " ".join(shlex.quote(str(path)) for path in left_spools(self._folder, self._job.job_id))
        return f"rows are to be loaded with: evalflows predictions load {left}" if left else "rows are in the database"


def within(seconds: float, ask: Callable[[], ResultT]) -> ResultT:
    """What a function returns or raises, in a thread that is left behind when it takes too long.

    Raises:
        TimeoutError: It did.
    """
    answers: Queue[Callable[[], ResultT]] = Queue(1)

    def work() -> None:
        try:
            result = ask()
        except Exception as error:  # noqa: BLE001 it is raised where it is waited for
            answers.put(_raiser(error))
        else:
            answers.put(lambda: result)

    threading.Thread(target=work, name="predictions-question", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    return answer()


def _raiser(error: Exception) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


def _key(row: Prediction) -> tuple[int, int, int]:
    return row.step, row.sample_index, row.repeat


def _left_rows(folder: Path, pinned: Variant, *, is_signed: bool) -> list[Prediction]:
    """The rows that earlier processes left for the variant, signed or not as those of this one will be.

    What cannot be read is left to who loads the spool.
    """
    rows: list[Prediction] = []
    for path in left_spools(folder, pinned.job_id):
        try:
            spool = read_spool(path)
        except SpoolRefused as error:
            logger.warning("%s", error)
            continue
        if spool.header.variant.variant == pinned.variant and spool.header.signed == is_signed:
            refuse_difference(pinned, spool.header.variant)
            rows += _rows(spool)
    return rows


def _rows(spool: SpoolFile) -> list[Prediction]:
    rows: list[Prediction] = []
    for number, line in spool.lines.items():
        try:
            rows.append(Prediction.model_validate(line.content))
        except ValidationError:
            logger.warning("%s:%d is no prediction", spool.path, number)
    return rows
