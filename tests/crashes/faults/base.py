"""What a fault is: harm done at some instant, and what its host or operator does about it a little later."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.crashes.stage import Stage

Host = Literal["command", "worker"]
Strike = Callable[[Stage, int], None]


def nothing(stage: Stage) -> None:
    """Nobody does anything: what was hit comes back by itself, or is gone for good."""


@dataclass(frozen=True)
class Fault:
    """One way in which a run is disturbed.

    Attributes:
        name: What the matrix calls it.
        strike: Does the harm; told the process id of the run.
        mend: What a host or operator does a little later.
        host: What the run runs in: the command, or a process of the worker of `evalflows up`.
        prepare: Done before the run begins.
    """

    name: str
    strike: Strike
    mend: Callable[[Stage], None] = nothing
    host: Host = "command"
    prepare: Callable[[Stage], None] = nothing
