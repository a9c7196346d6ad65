"""Each fault once, several to a run, at drawn instants; `python -m tests.crashes` plays each many times."""

import random
from collections.abc import Iterator

import pytest

from tests.crashes.faults import processes
from tests.crashes.faults.base import Fault
from tests.crashes.faults.catalog import BORNE
from tests.crashes.setting import set_stage
from tests.crashes.stage import CONCURRENCY, Stage
from tests.crashes.trial import Trial, Undisturbed, run_undisturbed

LATENCY_SECONDS = 0.1


@pytest.fixture(scope="module")
def stage(prefect_home: object) -> Iterator[Stage]:
    """One home for all of them; `evalflows up` is started there by the first fault that wants a worker."""
    with set_stage(LATENCY_SECONDS) as made:
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
