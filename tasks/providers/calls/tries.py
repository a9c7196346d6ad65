"""How often one call is tried, and how long it waits in between."""

from tenacity import AsyncRetrying, RetryCallState, wait_random_exponential

from settings import Settings
from tasks.providers.errors import CallFailed, ModelError, RateLimited


def tries_of(settings: Settings) -> AsyncRetrying:
    """The tries of one call: what may pass is tried again after a pause with full jitter (tenacity).

    An answer of 429 is no failed try: the call is put off, for EVALFLOWS_RATE_LIMIT_PATIENCE_SECONDS at most.
    """
    patience = Patience(settings)
    return AsyncRetrying(retry=is_worth_another, stop=patience.is_over, wait=patience.pause, reraise=True)


def is_worth_another(state: RetryCallState) -> bool:
    """Whether a try ended in something that may pass."""
    error = error_of(state)
    return isinstance(error, ModelError) and error.retryable


def error_of(state: RetryCallState) -> BaseException | None:
    """What the last try ended in."""
    return state.outcome.exception() if state.outcome else None


class Patience:
    """Counts what has failed, and says when it is enough."""

    def __init__(self, settings: Settings) -> None:
        """Nothing has failed yet."""
        self._settings = settings
        self._backoff = wait_random_exponential(
            multiplier=settings.call_backoff_seconds, max=settings.call_backoff_max_seconds
        )
        self._failures = 0

    def is_over(self, state: RetryCallState) -> bool:
        """Whether the call has failed for good."""
        error = error_of(state)
        if isinstance(error, CallFailed) and (error.retry_after_seconds or 0) > self._settings.retry_after_max_seconds:
            return True
        if isinstance(error, RateLimited):
            return (state.seconds_since_start or 0) > self._settings.rate_limit_patience_seconds
        self._failures += 1
        return self._failures >= self._settings.call_attempts

    def pause(self, state: RetryCallState) -> float:
        """Seconds to wait: as the backoff says, and never shorter than the server asked."""
        error = error_of(state)
        asked = error.retry_after_seconds if isinstance(error, CallFailed) else None
        return max(self._backoff(state), asked or 0.0)
