"""A run that logs to a console nobody reads any more."""

import logging
import os
from contextlib import suppress

from prefect.logging.handlers import PrefectConsoleHandler

from tasks.orphans import bear_a_broken_pipe


def test_a_log_line_that_nobody_reads_does_not_end_the_run() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream, logger = os.fdopen(writing, "w"), logging.getLogger("evalflows.tests.orphans")
    handler = PrefectConsoleHandler(stream=stream)
    logger.addHandler(handler)
    try:
        bear_a_broken_pipe()
        for _ in range(3):
            logger.warning("said to nobody")  # Rich would raise SystemExit here
    finally:
        logger.removeHandler(handler)
        with suppress(BrokenPipeError):
            stream.close()
