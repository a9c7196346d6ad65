"""Cancel and Retry as the Prefect UI presses them, on a run that a worker has in hand."""

from collections.abc import Iterator

import pytest

from tests.crashes.setting import set_stage, start_up
from tests.crashes.stage import CONCURRENCY, EVALUATORS, FINAL, THREADS, Stage, wait_for

SCORED = "SELECT * FROM thread_evaluations WHERE run_id = %s AND reason IS NULL ORDER BY thread_id, evaluator"
CALLS = THREADS * len(EVALUATORS)


@pytest.fixture
def up(prefect_home: object) -> Iterator[Stage]:
    """A stage on which `evalflows up` runs, with a judge slow enough to be cancelled in time."""
    with set_stage(latency_seconds=1) as stage:
        start_up(stage)
        yield stage


@pytest.mark.timeout(600)
def test_cancel_stops_the_calls_keeps_what_is_finished_and_retry_pays_for_nothing_twice(up: Stage) -> None:
    run_id = up.queue()
    assert wait_for(lambda: up.judge.calls > 2 * CONCURRENCY)
    up.cancel(run_id)
    assert wait_for(lambda: up.status_of(run_id) == "cancelled")
    asked = up.judge.calls
    kept = up.rows(SCORED, run_id)
    assert kept
    assert wait_for(lambda: up.state_of(run_id) in FINAL)
    assert (up.state_of(run_id), up.status_of(run_id), up.judge.calls) == ("Cancelled", "cancelled", asked)
    assert up.rows(SCORED, run_id) == kept

    up.judge.latency_seconds = 0
    up.retry(run_id)
    assert wait_for(lambda: up.state_of(run_id) == "Completed")
    run = up.run_of(run_id)
    assert (run["status"], run["completed"]) == ("completed", THREADS)
    after = up.rows(SCORED, run_id)
    assert len(after) == CALLS
    assert [row for row in after if row in kept] == kept
    assert up.judge.calls - CALLS <= CONCURRENCY
    assert run["calls_lost_at_most"] == CONCURRENCY
