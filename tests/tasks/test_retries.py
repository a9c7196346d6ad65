"""Which failures of a batch Prefect tries again, and which end the run."""

from typing import Any, cast

import httpx
import pytest
from prefect.states import Failed

from storage.errors import DatabaseUnavailable
from tasks.errors import RunFailed
from tasks.providers.errors import JudgeStopped, UnusableJudge
from tasks.retries import ending_in, is_infrastructure_failure

AWAY = DatabaseUnavailable("away")
ENDS: list[Exception] = [UnusableJudge("wrong key"), JudgeStopped("silent"), RunFailed("too much")]


def is_tried_again(error: Exception) -> bool:
    """Whether Prefect tries a batch again that ended in this."""
    return is_infrastructure_failure(cast(Any, None), cast(Any, None), Failed(data=error))


@pytest.mark.parametrize("error", [AWAY, httpx.ConnectError("no"), ExceptionGroup("", [ValueError(), AWAY])])
def test_what_was_away_may_be_back(error: Exception) -> None:
    assert is_tried_again(error)
    assert ending_in(error) is None


@pytest.mark.parametrize("error", [ValueError("ours"), ExceptionGroup("", [ValueError("ours")])])
def test_our_own_errors_stay(error: Exception) -> None:
    assert not is_tried_again(error)
    assert ending_in(error) is None


@pytest.mark.parametrize("ends", ENDS)
def test_what_ends_the_run_is_found_among_other_errors_and_not_tried_again(ends: Exception) -> None:
    nested = ExceptionGroup("", [AWAY, ExceptionGroup("", [ValueError(), ends])])
    for error in (ends, nested):
        assert ending_in(error) is ends
        assert not is_tried_again(error)
