"""The circuit breaker: when a judge that cannot be used stops the run."""

import pytest

from tasks.providers.calls.breaker import Breaker
from tasks.providers.errors import (
    AccessRefused,
    AnswerRefused,
    AnswerTruncated,
    CallFailed,
    CallRejected,
    JudgeStopped,
    ModelError,
    Unreachable,
    UnusableJudge,
)


@pytest.mark.parametrize("error", [AccessRefused("401 wrong key"), Unreachable("nobody listens")])
def test_a_wrong_key_model_or_url_stops_the_run_at_its_first_call(error: ModelError) -> None:
    stopped = Breaker("openai:small", 20).failed(error)
    assert isinstance(stopped, UnusableJudge)
    assert str(stopped) == f"judge 'openai:small' cannot be used: {error}"


@pytest.mark.parametrize("error", [AccessRefused("401 wrong key"), CallRejected("400"), CallFailed("500")])
def test_failures_in_a_row_stop_the_run_and_an_answer_in_between_does_not_let_them_add_up(error: ModelError) -> None:
    breaker = Breaker("openai:small", 3)
    breaker.came_through()
    for _ in range(4):
        assert [breaker.failed(error), breaker.failed(error)] == [None, None]
        breaker.came_through()
    assert [breaker.failed(error), breaker.failed(error)] == [None, None]
    stopped = breaker.failed(error)
    assert isinstance(stopped, JudgeStopped)
    assert str(stopped) == f"judge 'openai:small' gave no usable reply to 3 calls in a row; the last: {error}"


@pytest.mark.parametrize("error", [CallRejected("400"), CallFailed("500")])
def test_a_first_call_that_fails_otherwise_stops_nothing_yet(error: ModelError) -> None:
    assert Breaker("openai:small", 3).failed(error) is None


@pytest.mark.parametrize("error", [AnswerRefused("no"), AnswerTruncated("cut")])
def test_a_refusal_is_an_answer_of_somebody_who_is_there(error: ModelError) -> None:
    breaker = Breaker("openai:small", 2)
    assert [breaker.failed(item) for item in (CallFailed("500"), error, CallFailed("500"))] == [None, None, None]
    assert breaker.failed(AccessRefused("revoked")) is not None


def test_it_can_be_switched_off() -> None:
    breaker = Breaker("openai:small", 0)
    assert all(breaker.failed(CallFailed("500")) is None for _ in range(1000))
