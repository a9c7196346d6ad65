"""The circuit breaker: when the judge is unusable, or gives no usable reply many times in a row, the run stops."""

from tasks.providers.errors import (
    AccessRefused,
    CallFailed,
    CallRejected,
    JudgeStopped,
    ModelError,
    Unreachable,
    UnusableJudge,
)


class Breaker:
    """Counts calls in a row that ended without a usable reply, all their tries included."""

    def __init__(self, judge: str, most: int) -> None:
        """Closed at first.

        Args:
            judge: Who is asked, for the message.
            most: So many in a row open it; 0: it never opens.
        """
        self._judge = judge
        self._most = most
        self._in_a_row = 0
        self._ever_answered = False

    def came_through(self) -> None:
        """A call was answered, if only by a refusal: somebody is there."""
        self._in_a_row = 0
        self._ever_answered = True

    def failed(self, error: ModelError) -> Exception | None:
        """A call ended without a usable reply; returns what the run is to stop with, None when it goes on."""
        if not isinstance(error, CallRejected | CallFailed):
            self.came_through()
            return None
        self._in_a_row += 1
        if not self._ever_answered and isinstance(error, AccessRefused | Unreachable):
            return UnusableJudge(f"judge {self._judge!r} cannot be used: {error}")
        if self._most and self._in_a_row >= self._most:
            return JudgeStopped(
                f"judge {self._judge!r} gave no usable reply to {self._in_a_row} calls in a row; the last: {error}"
            )
        return None
