"""Threads that still lack a row are drawn evenly over the snapshot, with what each evaluator lacks."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from storage.database import Database
from storage.queries.missing_sample import MissingSample, draw_missing
from storage.queries.snapshots import list_run_threads
from storage.queries.threads import read_threads
from storage.records import Thread
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_evaluation, make_thread

BOTH = ("correctness", "efficiency")


@pytest.fixture
async def run_id(database: Database) -> UUID:
    """A run of ten threads."""
    run_id = await add_run(database)
    await add_threads(database, [make_thread(f"t{n}") for n in range(10)], run_id)
    return run_id


async def draw(
    database: Database, run_id: UUID, evaluators: Sequence[str] = BOTH, repeats: int = 1, most: int = 100
) -> tuple[MissingSample, dict[str, dict[str, int]]]:
    """The sample, and what is lacking by the thread's id, in the order of the snapshot."""
    async with database.session() as session:
        sample = await draw_missing(session, run_id, evaluators, repeats, most)
        threads: dict[UUID, Thread] = {
            row: stored.thread for row, stored in (await read_threads(session, list(sample.repeats))).items()
        }
    return sample, {threads[row].external_id: lacking for row, lacking in sample.repeats.items()}


async def test_a_fresh_run_lacks_everything(database: Database, run_id: UUID) -> None:
    sample, lacking = await draw(database, run_id, repeats=3)
    assert sample.threads == 10
    assert list(lacking) == [f"t{n}" for n in range(10)]
    assert all(found == {"correctness": 3, "efficiency": 3} for found in lacking.values())


@pytest.mark.parametrize("most", [1, 3, 4, 9, 10])
async def test_a_sample_is_spread_over_the_whole_snapshot(database: Database, run_id: UUID, most: int) -> None:
    sample, lacking = await draw(database, run_id, most=most)
    places = [int(name.removeprefix("t")) for name in lacking]
    gaps = {later - earlier for earlier, later in zip([-1, *places], [*places, 10], strict=True)}
    assert (sample.threads, len(places)) == (10, most)
    assert max(gaps) - min(gaps) <= 10 // most


async def test_settled_rows_are_left_out_and_retryable_ones_are_not(database: Database, run_id: UUID) -> None:
    await add_evaluations(
        database,
        *(make_evaluation(run_id, f"t{n}", evaluator=name) for n in range(8) for name in BOTH),
        make_evaluation(run_id, "t8", evaluator="correctness"),
        make_evaluation(run_id, "t8", evaluator="efficiency", reason="infra"),
        make_evaluation(run_id, "t9", evaluator="correctness", reason="refused"),
        make_evaluation(run_id, "t9", evaluator="intent"),
    )
    sample, lacking = await draw(database, run_id)
    assert sample.threads == 2
    assert lacking == {"t8": {"correctness": 0, "efficiency": 1}, "t9": {"correctness": 0, "efficiency": 1}}


async def test_each_repeat_is_counted_and_no_more_than_are_asked_for(database: Database, run_id: UUID) -> None:
    await add_evaluations(
        database,
        *(make_evaluation(run_id, "t0", repeat=repeat) for repeat in (0, 2)),
        *(make_evaluation(run_id, "t1", repeat=repeat) for repeat in (0, 1, 2, 3)),
    )
    _, lacking = await draw(database, run_id, ["correctness"], repeats=3)
    assert lacking["t0"] == {"correctness": 1}
    assert "t1" not in lacking
    assert lacking["t2"] == {"correctness": 3}


async def test_a_finished_run_and_another_runs_threads_leave_nothing(database: Database, run_id: UUID) -> None:
    await add_evaluations(database, *(make_evaluation(run_id, f"t{n}") for n in range(10)))
    sample, _ = await draw(database, run_id, ["correctness"])
    other, _ = await draw(database, await add_run(database))
    assert (sample, other) == (MissingSample(repeats={}), MissingSample(repeats={}))
    async with database.session() as session:
        assert (await list_run_threads(session, run_id)).total == 10
