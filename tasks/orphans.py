"""A run whose worker was killed goes on: what it prints goes nowhere then, and that is no reason to end."""

import logging

from prefect.logging.handlers import PrefectConsoleHandler


def bear_a_broken_pipe() -> None:
    """Let Prefect's log lines for the console be dropped once nobody reads them.

    A worker reads what its runs print through a pipe. Rich, which writes the lines, takes a broken one for a reason to
    exit (`Console.on_broken_pipe`), in the middle of whatever logs.
    """
    known = logging.root.manager.loggerDict.values()
    for logger in (logging.root, *(logger for logger in known if isinstance(logger, logging.Logger))):
        for handler in logger.handlers:
            if isinstance(handler, PrefectConsoleHandler):
                handler.console.on_broken_pipe = _go_on


def _go_on() -> None:
    """Nobody reads any more."""
