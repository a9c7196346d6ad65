"""Why a run does not start, go on or end well, drawn as a tree; the command line turns these into exit codes.

RunRefused            exit 2   wrong usage, unusable input, refused resume: nothing was evaluated
`- RunIsLive          exit 2   another process is working on this run
RunFailed             exit 1   too much could not be scored; what was evaluated stays, the run can be resumed
"""


class RunRefused(Exception):
    """The run cannot start as asked; the message is one line that says what to do."""


class RunIsLive(RunRefused):
    """Another process holds the lock of this run."""


class RunFailed(Exception):
    """More is unscored than `on_error` or `max_failed` bear; the message is one line that says how to go on."""
