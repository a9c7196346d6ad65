"""How the repeats of a run agree, counted by the labels that each thread was given."""

from uuid import UUID

import pytest

from storage.database import Database
from storage.queries.agreement import repeat_counts
from storage.records import ThreadEvaluation
from tests.storage.stored_runs import add_evaluations, add_run, make_evaluation

Counts = dict[str, list[tuple[dict[str, int], int]]]


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await add_run(database)


async def counts(database: Database, run_id: UUID) -> Counts:
    async with database.session() as session:
        return await repeat_counts(session, run_id)


def judged(run_id: UUID, thread_id: str, *verdicts: str) -> list[ThreadEvaluation]:
    """A thread whose repeats say this."""
    return [make_evaluation(run_id, thread_id, repeat=n, verdict=verdict) for n, verdict in enumerate(verdicts)]


async def test_threads_are_counted_by_the_labels_of_their_repeats_whatever_their_order(
    database: Database, run_id: UUID
) -> None:
    await add_evaluations(
        database,
        *judged(run_id, "t0", "PASS", "PASS", "PASS"),
        *judged(run_id, "t1", "PASS", "PASS", "PASS"),
        *judged(run_id, "t2", "PASS", "CRITICAL", "PASS"),
        *judged(run_id, "t3", "CRITICAL", "PASS", "PASS"),
        *judged(run_id, "t4", "PASS", "PASS", "CRITICAL"),
        *judged(run_id, "t5", "SOFT FAIL", "PASS", "CRITICAL"),
    )
    assert await counts(database, run_id) == {
        "correctness": [
            ({"PASS": 2, "CRITICAL": 1}, 3),
            ({"PASS": 3}, 2),
            ({"SOFT FAIL": 1, "PASS": 1, "CRITICAL": 1}, 1),
        ]
    }


async def test_unscored_repeats_are_no_label_and_one_repeat_agrees_with_nobody(
    database: Database, run_id: UUID
) -> None:
    await add_evaluations(
        database,
        *judged(run_id, "t0", "PASS", "PASS"),
        make_evaluation(run_id, "t0", repeat=2, reason="infra"),
        *judged(run_id, "alone", "CRITICAL"),
        make_evaluation(run_id, "alone", repeat=1, reason="refused"),
        make_evaluation(run_id, "none", repeat=0, reason="budget"),
        make_evaluation(run_id, "none", repeat=1, reason="budget"),
    )
    assert await counts(database, run_id) == {"correctness": [({"PASS": 2}, 1)]}


async def test_a_score_is_a_label_where_there_is_no_verdict_and_evaluators_are_apart(
    database: Database, run_id: UUID
) -> None:
    other_run = await add_run(database)
    scored = [
        make_evaluation(run_id, evaluator="intent", verdict=None, score=score, repeat=n)
        for n, score in enumerate((0.5, 1.0, 0.5))
    ]
    empty = [make_evaluation(run_id, "t1", evaluator="intent", verdict=None, repeat=n) for n in range(2)]
    await add_evaluations(
        database,
        *scored,
        *empty,
        *judged(run_id, "t0", "PASS", "CRITICAL"),
        *judged(other_run, "t0", "PASS", "PASS"),
    )
    found = await counts(database, run_id)
    assert list(found) == ["correctness", "intent"]
    assert found["correctness"] == [({"PASS": 1, "CRITICAL": 1}, 1)]
    assert sorted(found["intent"], key=str) == sorted([({"0.5": 2, "1": 1}, 1), ({"none": 2}, 1)], key=str)


async def test_a_run_without_repeats_says_nothing(database: Database, run_id: UUID) -> None:
    await add_evaluations(database, *judged(run_id, "t0", "PASS"), *judged(run_id, "t1", "PASS"))
    assert await counts(database, run_id) == {}
