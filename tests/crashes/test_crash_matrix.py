"""Each fault once, several to a run, at drawn instants (`python -m tests.crashes` plays each many times); a cancel."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashes.faults import processes
from tests.crashes.faults.base import Fault
from tests.crashes.faults.catalog import BORNE
from tests.crashes.setting import set_stage, start_up
from tests.crashes.stage import CONCURRENCY, EVALUATORS, FINAL, THREADS, Stage, wait_for
from tests.crashes.trial import Trial, Undisturbed, run_undisturbed
from tests.fixtures.prefect_server import copy_tables

LATENCY_SECONDS = 0.1
SCORED = "SELECT * FROM thread_evaluations WHERE run_id = %s AND reason IS NULL ORDER BY thread_id, evaluator"
CALLS = THREADS * len(EVALUATORS)


@pytest.fixture(scope="module")
def stage(prefect_tables: Path) -> Iterator[Stage]:
    """One home for all of them; `evalflows up` is started there by the first fault that wants a worker."""
    with set_stage(LATENCY_SECONDS) as made:
        copy_tables(prefect_tables, made.settings.home)
        yield made


@pytest.fixture(scope="module")
def undisturbed(stage: Stage) -> Undisturbed:
    """What a run comes to that nothing happens to."""
    return run_undisturbed(stage)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "faults",
    [BORNE, processes.ENDING, processes.AT_WORKER],
    ids=["what a run bears", "what ends a run", "what meets a worker"],
)
def test_faults_lose_nothing_repeat_nothing_and_leave_the_truth(
    faults: tuple[Fault, ...], stage: Stage, undisturbed: Undisturbed
) -> None:
    found = Trial(stage, faults, undisturbed, random.Random(1)).play()
    assert found.faults_found(CONCURRENCY) == [], found
    assert found.struck == len(faults)
    assert found.undisturbed == (faults is BORNE)


@pytest.mark.timeout(600)
def test_cancel_stops_the_calls_keeps_what_is_finished_and_retry_pays_for_nothing_twice(stage: Stage) -> None:
    start_up(stage)
    stage.judge.latency_seconds, before = 1, stage.judge.calls
    run_id = stage.queue()
    assert wait_for(lambda: stage.judge.calls > before + 2 * CONCURRENCY)
    stage.cancel(run_id)
    assert wait_for(lambda: stage.status_of(run_id) == "cancelled")
    asked = stage.judge.calls
    kept = stage.rows(SCORED, run_id)
    assert kept
    assert wait_for(lambda: stage.state_of(run_id) in FINAL)
    assert (stage.state_of(run_id), stage.status_of(run_id), stage.judge.calls) == ("Cancelled", "cancelled", asked)
    assert stage.rows(SCORED, run_id) == kept

    stage.judge.latency_seconds = 0
    stage.retry(run_id)
    assert wait_for(lambda: stage.state_of(run_id) == "Completed")
    run = stage.run_of(run_id)
    assert (run["status"], run["completed"]) == ("completed", THREADS)
    after = stage.rows(SCORED, run_id)
    assert len(after) == CALLS
    assert [row for row in after if row in kept] == kept
    assert stage.judge.calls - before - CALLS <= CONCURRENCY
    assert run["calls_lost_at_most"] == CONCURRENCY
