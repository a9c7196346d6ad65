"""Why a run does not start or go on, drawn as a tree; the command line turns these into exit codes.

RunRefused            exit 2   wrong usage, unusable input, refused resume: nothing was evaluated
`- RunIsLive          exit 2   another process is working on this run
"""


class RunRefused(Exception):
    """The run cannot start as asked; the message is one line that says what to do."""


class RunIsLive(RunRefused):
    """Another process holds the lock of this run."""
