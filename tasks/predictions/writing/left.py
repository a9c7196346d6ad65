"""What an earlier process left in a spool, sent by the next one of the same job."""

import logging
from pathlib import Path

from storage.errors import JobNotFound
from tasks.predictions.writing.reading import SpoolRefused, taken
from tasks.predictions.writing.sink import PredictionSink
from tasks.predictions.writing.spool import load_spool

logger = logging.getLogger(__name__)


def load_left(path: Path, sink: PredictionSink) -> None:
    """Load a spool and remove it, unless its writer lives; what may not be believed stays, and is told at ERROR.

    Raises:
        storage.errors.DatabaseError: The database is away; the spool stays.
    """
    with taken(path) as is_ours:
        if not is_ours:
            return
        try:
            loaded = load_spool(path, sink)
        except (SpoolRefused, JobNotFound) as error:
            logger.error("predictions of an earlier training were not loaded: %s", error)
            return
        for why in loaded.refused:
            logger.error("%s, %s", path, why)
        if loaded.is_whole:
            path.unlink(missing_ok=True)
        logger.info("%d predictions of an earlier training were in %s, %d of them new", loaded.rows, path, loaded.new)
