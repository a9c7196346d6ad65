"""The background writer: rows are safe on disk when `put` returns, and a thread brings them to Postgres."""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from storage.errors import DatabaseError, JobNotFound, RowsRefused
from storage.records.prediction import Prediction, Variant
from tasks.predictions.writing.left import load_left
from tasks.predictions.writing.open_spool import REFUSED_SUFFIX, OpenSpool
from tasks.predictions.writing.signing import token_hash
from tasks.predictions.writing.sink import PredictionSink
from tasks.predictions.writing.spool import BATCH_ROWS, left_spools, save_each

__all__ = ["PredictionSink", "PredictionWriter"]

logger = logging.getLogger(__name__)
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
CLOSE_SECONDS = 30.0


class PredictionWriter:
    """Writes the rows of one variant of a job, in batches, from a thread of its own.

    Every row goes through a spool file, which is the queue: a killed process loses none that `put` has taken, and
    memory holds one batch. While Postgres is away rows stay there, and are sent again and again; what is left when the
    process ends, the next writer of the job in the same folder sends, or `evalflows predictions load`.
    """

    def __init__(
        self,
        sink: PredictionSink | None,
        user_id: str,
        variant: Variant,
        spool_folder: Path,
        *,
        token: str | None = None,
        queue_rows: int = 1000,
        close_seconds: float = CLOSE_SECONDS,
    ) -> None:
        """Start the thread; the database is not waited for.

        Args:
            sink: Where rows go; None: to the spool only. It is not closed.
            user_id: Whose job it is.
            variant: The job, and what its rows are made with; pinned before the first row is written.
            spool_folder: Where the spool file is made; spools that earlier processes left there for the job are sent.
            token: The job's secret, to sign with; None where the process has none.
            queue_rows: Most rows kept in memory where the spool cannot be written.
            close_seconds: How long `close` waits for a database that says nothing.
        """
        self._sink, self._user_id, self._variant, self._folder = sink, user_id, variant, spool_folder
        self._key = token_hash(token) if token else None
        self._close_seconds = close_seconds
        self._queue_rows = queue_rows
        self._spool = OpenSpool(spool_folder, user_id, variant, self._key)
        self._refused = OpenSpool(spool_folder, user_id, variant, self._key, suffix=REFUSED_SUFFIX)
        self._unspooled: deque[Prediction] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._is_pinned = False
        self._complaint = ""
        self._pause_seconds: float | None = None
        self._last_progress = time.monotonic()
        self._left: list[Path] | None = None
        self._thread = threading.Thread(target=self._work, name="predictions-writer", daemon=True)
        self._thread.start()

    @property
    def spool_path(self) -> Path:
        """Where rows are kept that Postgres does not have; the file is there while there are such rows."""
        return self._spool.path

    def put(self, rows: Sequence[Prediction]) -> None:
        """Take rows: on disk when this returns, in Postgres soon. Waits for no database, and does not mind a full disk.

        Where the disk takes none, they wait in memory; what does not fit there either is lost, and said at ERROR.
        """
        if not rows:
            return
        try:
            self._spool.append(rows)
        except OSError as error:
            self._keep_in_memory(rows, error)
        self._wake.set()

    def close(self) -> None:
        """Send what is left, end the thread, and say at WARNING what could not be sent, and how to load it."""
        self._closing = True
        self._wake.set()
        self._last_progress = time.monotonic()
        while self._thread.is_alive() and time.monotonic() - self._last_progress < self._close_seconds:
            self._thread.join(0.1)
        left = len(self._spool)
        if not self._thread.is_alive():
            self._spool.close()
            self._refused.close()
        if left:
            logger.warning(
                "%d predictions are not in Postgres; they are in %s. Load them with: evalflows predictions load %s",
                left, self._spool.path, self._spool.path,
            )  # fmt: skip
        if self._unspooled:
            logger.error("%d predictions are lost: neither the spool nor Postgres took them", len(self._unspooled))

    def _keep_in_memory(self, rows: Sequence[Prediction], error: OSError) -> None:
        room = max(self._queue_rows - len(self._unspooled), 0) if self._sink is not None else 0
        self._unspooled.extend(rows[:room])
        lost = len(rows) - min(room, len(rows))
        logger.error(
            "cannot write %s: %s; %d predictions wait in memory, %d are lost",
            self._spool.path, error.strerror or error, len(rows) - lost, lost,
        )  # fmt: skip

    def _work(self) -> None:
        """The thread: whenever something is new, or a pause is over, send all there is."""
        while True:
            self._wake.wait(self._pause_seconds)
            self._wake.clear()
            is_last = self._closing
            self._sync()
            if self._sink is not None:
                try:
                    self._send_all(self._sink)
                except Exception:  # whatever it is, the rows are in the spool and training goes on
                    logger.error("predictions stay in %s: the writer failed", self._spool.path, exc_info=True)
                    self._wait_longer()
            if is_last:
                return

    def _sync(self) -> None:
        for spool in (self._spool, self._refused):
            try:
                spool.sync()
            except OSError as error:
                logger.error("the disk may not hold %s: %s", spool.path, error.strerror or error)

    def _send_all(self, sink: PredictionSink) -> None:
        try:
            if len(self._spool) or self._unspooled:
                self._pin(sink)
            while rows := self._spool.first(BATCH_ROWS):
                self._save(sink, rows)
                self._spool.strike(len(rows))
            while self._unspooled:
                rows = [self._unspooled[place] for place in range(min(BATCH_ROWS, len(self._unspooled)))]
                self._save(sink, rows)
                for _ in rows:
                    self._unspooled.popleft()
            self._send_left(sink)
        except (JobNotFound, RowsRefused) as error:
            self._put_off(logging.ERROR, f"predictions stay in {self._spool.path}: {error}")
        except DatabaseError as error:
            self._put_off(logging.WARNING, f"predictions wait in {self._spool.path} until Postgres is back: {error}")
        else:
            if self._complaint:
                logger.info("the predictions that waited are in Postgres")
            self._complaint, self._pause_seconds = "", None

    def _pin(self, sink: PredictionSink) -> None:
        """Let nothing through that was made with other prompts or settings than what the variant holds."""
        if self._is_pinned:
            return
        pinned = sink.pin(self._user_id, self._variant, self._key)
        wanted = self._variant
        if not pinned.is_made_like(wanted):
            raise RowsRefused(
                f"variant {wanted.variant!r} of job {wanted.job_id} is pinned to other prompts or settings: "
                "predict under another variant"
            )
        self._is_pinned = True

    def _save(self, sink: PredictionSink, rows: Sequence[Prediction]) -> None:
        _, refused = save_each(sink, self._user_id, rows)
        self._last_progress = time.monotonic()
        if not refused:
            return
        self._refused.append([rows[place] for place in refused])
        self._refused.sync()
        for place, why in refused.items():
            logger.error(
                "Postgres refused the prediction of sample %d at step %d: %s; it is kept in %s",
                rows[place].sample_index, rows[place].step, why, self._refused.path,
            )  # fmt: skip

    def _send_left(self, sink: PredictionSink) -> None:
        """Send what earlier processes left for the job, once; what may not be believed stays where it is."""
        if self._left is None:
            found = left_spools(self._folder, self._variant.job_id)
            self._left = [path for path in found if path != self.spool_path]
        while self._left:
            load_left(self._left[0], sink)
            self._last_progress = time.monotonic()
            self._left.pop(0)

    def _put_off(self, level: int, complaint: str) -> None:
        """Try again later; say why unless that was the last thing said."""
        if complaint != self._complaint:
            logger.log(level, complaint)
        self._complaint = complaint
        self._wait_longer()

    def _wait_longer(self) -> None:
        pause = (self._pause_seconds or FIRST_PAUSE_SECONDS / 2) * 2
        self._pause_seconds = min(pause, LONGEST_PAUSE_SECONDS)
