"""How often a call is tried, and how long it waits in between."""

import contextlib

import pytest
from tenacity import AsyncRetrying, RetryCallState

from tasks.providers.calls.tries import Patience, tries_of
from tasks.providers.errors import AnswerRefused, CallFailed, CallRejected, ModelError, RateLimited
from tests.tasks.providers.questions import quick_settings

MOST_ATTEMPTS = 50


def ended_in(error: ModelError) -> RetryCallState:
    state = RetryCallState(AsyncRetrying(), None, (), {})
    state.set_exception((type(error), error, None))
    return state


async def attempts_until_it_fails(error: ModelError, **settings: float) -> int:
    """How often it is tried; above 50 the trying is broken off."""
    attempts = 0

    async def call() -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= MOST_ATTEMPTS:
            raise error

    with contextlib.suppress(ModelError):
        await tries_of(quick_settings(**settings))(call)
    return attempts


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [(CallFailed("down", retry_after_seconds=9.0), 9.0), (RateLimited("slow", retry_after_seconds=4.0), 4.0)],
)
def test_a_wait_is_never_shorter_than_the_server_asked_for(failure: ModelError, seconds: float) -> None:
    assert Patience(quick_settings()).pause(ended_in(failure)) == seconds


@pytest.mark.parametrize("failure", [CallFailed("down"), CallFailed("down", retry_after_seconds=0.0)])
def test_a_wait_is_jittered_below_the_longest_backoff(failure: ModelError) -> None:
    waits = {Patience(quick_settings(call_backoff_max_seconds=0.5)).pause(ended_in(failure)) for _ in range(50)}
    assert len(waits) > 10
    assert all(0 <= wait <= 0.5 for wait in waits)


@pytest.mark.parametrize(
    ("failure", "attempts"), [(CallFailed("down"), 3), (CallRejected("no"), 1), (AnswerRefused("no"), 1)]
)
async def test_what_may_pass_is_tried_as_often_as_the_settings_say_and_nothing_else(
    failure: ModelError, attempts: int
) -> None:
    assert await attempts_until_it_fails(failure) == attempts


async def test_being_told_to_slow_down_is_no_failed_try() -> None:
    assert await attempts_until_it_fails(RateLimited("slow")) > MOST_ATTEMPTS


async def test_being_told_to_slow_down_for_too_long_is_a_failure() -> None:
    assert await attempts_until_it_fails(RateLimited("slow"), rate_limit_patience_seconds=0.000001) <= 2


@pytest.mark.parametrize("kind", [CallFailed, RateLimited])
async def test_a_retry_after_beyond_the_cap_is_not_waited_for(kind: type[CallFailed]) -> None:
    assert await attempts_until_it_fails(kind("tomorrow", retry_after_seconds=86_400.0)) == 1
