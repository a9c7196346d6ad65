"""Windows: a long thread is judged in overlapping parts, each message in the part that shows most around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tasks.evaluators.base import EvaluatorOptions


@dataclass(frozen=True)
class Window:
    """One part of a thread, as message indexes.

    Attributes:
        number: From 1.
        start: First message shown.
        stop: First message no longer shown.
        first: First message judged in this window.
        last: First message that is judged in a later one.
    """

    number: int
    start: int
    stop: int
    first: int
    last: int

    @property
    def judged(self) -> range:
        """Indexes of the messages that are judged in this window and no other."""
        return range(self.first, self.last)

    def method(self, evaluator: str, suffix: str = "") -> str:
        """What the ledger calls a question about this window: `intent`, `intent/window-2`, `intent/missing`."""
        part = f"/window-{self.number}" if self.number > 1 else ""
        return f"{evaluator}{part}{suffix}"


def most_message_characters(options: EvaluatorOptions) -> int:
    """Most characters of one message: four of the longest still fit a window, so that each window shows a new one."""
    return options.window_characters // 4


def plan_windows(sizes: Sequence[int], options: EvaluatorOptions) -> tuple[Window, ...]:
    """Divide a thread.

    Args:
        sizes: Characters of each message as shown, none above `most_message_characters`.
        options: Bounds of a window.

    Returns:
        Windows in order; their judged ranges cover the thread without a gap or an overlap.
    """
    spans = [(0, _reach(sizes, 0, options))]
    while (stop := spans[-1][1]) < len(sizes):
        start = _step_back(sizes, spans[-1], options)
        spans.append((start, max(stop + 1, _reach(sizes, start, options))))
    # Half of an overlap goes to the window before: there it has most in front of it, the other half most behind it.
    edges = [0, *((later[0] + earlier[1] + 1) // 2 for earlier, later in pairwise(spans)), len(sizes)]
    return tuple(
        Window(number, start, stop, first, last)
        for number, ((start, stop), (first, last)) in enumerate(zip(spans, pairwise(edges), strict=True), 1)
    )


def _reach(sizes: Sequence[int], start: int, options: EvaluatorOptions) -> int:
    """Where a window that begins at `start` is full."""
    room = options.window_characters
    stop = start
    while stop < len(sizes) and stop - start < options.window_messages and sizes[stop] < room:
        room -= sizes[stop] + 1
        stop += 1
    return stop


def _step_back(sizes: Sequence[int], span: tuple[int, int], options: EvaluatorOptions) -> int:
    """Where the next window begins: up to the overlap before the end of this one, and not where this one began."""
    room = options.window_characters // 2
    start = span[1]
    overlap = min(options.window_overlap, options.window_messages // 2)
    while span[1] - start < overlap and start - 1 > span[0] and sizes[start - 1] < room:
        start -= 1
        room -= sizes[start] + 1
    return start
