"""The repeat a report goes by is the one that Postgres counts."""

import random
from typing import Any

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.records import ThreadEvaluation
from tasks.reports.order import CORRECTNESS, EFFICIENCY
from tasks.reports.repeats import Reducer, chosen_repeats
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_evaluation, make_thread

THREADS, REPEATS = 60, 5
CHOSEN = text("SELECT thread_id, evaluator, repeat FROM reduced_evaluations WHERE run_id = :run_id")


def drawn_result(evaluator: str, dice: random.Random) -> dict[str, Any]:
    """A verdict, a score, or a reason."""
    if dice.random() < 0.2:
        return {"verdict": None, "reason": dice.choice(("infra", "refused", "not_applicable"))}
    if evaluator == "intent":
        return {"verdict": None, "score": dice.choice((0.0, 0.25, 0.5, 1.0))}
    return {"verdict": dice.choice(CORRECTNESS if evaluator == "correctness" else EFFICIENCY)}


@pytest.mark.parametrize("reducer", ["majority", "median", "worst"])
async def test_reports_and_postgres_choose_the_same_repeat(reducer: Reducer, database: Database) -> None:
    dice = random.Random(11)
    params = {"source": "threads.csv", "repeats": REPEATS, "reducer": reducer}
    run_id = await add_run(database, params=params)
    names = [f"t{number}" for number in range(THREADS)]
    await add_threads(database, [make_thread(name) for name in names], run_id)
    evaluations: dict[str, list[ThreadEvaluation]] = {name: [] for name in names}
    for name in names:
        for evaluator in ("correctness", "efficiency", "intent"):
            for repeat in range(dice.randint(1, REPEATS)):
                result = drawn_result(evaluator, dice)
                evaluations[name].append(make_evaluation(run_id, name, evaluator=evaluator, repeat=repeat, **result))
    await add_evaluations(database, *(row for of_thread in evaluations.values() for row in of_thread))
    async with database.session() as session:
        found = {
            (row.thread_id, row.evaluator): row.repeat for row in await session.execute(CHOSEN, {"run_id": run_id})
        }
    expected = {
        (name, evaluator): row.repeat
        for name, of_thread in evaluations.items()
        for evaluator, row in chosen_repeats(of_thread, reducer).items()
    }
    assert found == expected
