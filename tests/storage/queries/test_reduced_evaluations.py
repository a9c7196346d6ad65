"""The view `reduced_evaluations`: which repeat stands for a thread, as the reports choose it too."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.queries.figures import count_figures
from storage.records import ThreadEvaluation
from tasks.reports.repeats import Reducer, chosen_repeats
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_evaluation, make_thread

REDUCERS: tuple[Reducer, ...] = ("majority", "median", "worst")
UNSCORED = (None, "infra", "refused", "not_applicable")
VERDICTS = {
    "correctness": ("CRITICAL", "HARD FAIL", "SOFT FAIL", "PASS", "NOT APPLICABLE"),
    "efficiency": ("BROKEN", "INCOMPLETE", "FRICTION", "ACCEPTABLE", "EFFICIENT"),
}
SCORES = (0.0, 1 / 3, 0.5, 1.0)
Label = str | float | None


def repeats_of(run_id: UUID, thread_id: str, evaluator: str, labels: Sequence[Label]) -> list[ThreadEvaluation]:
    """One row for each label: a verdict, a score, or None for an unscored row."""
    return [
        make_evaluation(
            run_id, thread_id, evaluator=evaluator, repeat=repeat, detail=f"repeat {repeat}",
            verdict=label if isinstance(label, str) else None, score=label if isinstance(label, float) else None,
            reason="infra" if label is None else None,
        )
        for repeat, label in enumerate(labels)
    ]  # fmt: skip


async def reduced(database: Database, run_id: UUID) -> dict[tuple[str, str], dict[str, Any]]:
    async with database.session() as session:
        rows = await session.execute(text("SELECT * FROM reduced_evaluations WHERE run_id = :run"), {"run": run_id})
        found = [dict(row) for row in rows.mappings()]
    by_item = {(row["thread_id"], row["evaluator"]): row for row in found}
    assert len(by_item) == len(found)
    return by_item


@pytest.mark.parametrize(
    ("evaluator", "labels", "majority", "median", "worst"),
    [
        ("correctness", ["PASS", "CRITICAL", "PASS"], 0, 0, 1),
        ("correctness", ["PASS", "SOFT FAIL", "CRITICAL"], 2, 1, 2),
        ("correctness", ["PASS", "CRITICAL", "PASS", "CRITICAL"], 1, 1, 1),
        ("correctness", ["NOT APPLICABLE", "NOT APPLICABLE", "PASS"], 0, 0, 2),
        ("correctness", ["SOFT FAIL", "HARD FAIL", "PASS", "PASS"], 2, 0, 1),
        ("efficiency", ["EFFICIENT", "FRICTION", "INCOMPLETE", "BROKEN", "BROKEN"], 3, 2, 3),
        ("intent", [1.0, 0.5, 0.5, 0.0], 1, 1, 3),
        ("intent", [1.0, 0.0], 1, 1, 1),
        ("correctness", [None, "PASS", "CRITICAL", None], 2, 2, 2),
        ("correctness", [None, None, "PASS"], 2, 2, 2),
        ("correctness", [None, None], 0, 0, 0),
        ("correctness", ["PASS"], 0, 0, 0),
    ],
)
async def test_the_reducer_picks_the_repeat_that_stands_for_the_thread(
    database: Database, evaluator: str, labels: list[Label], majority: int, median: int, worst: int
) -> None:
    picked: list[int] = []
    for reducer in REDUCERS:
        run_id = await add_run(database, params={"repeats": len(labels) + 1, "reducer": reducer})
        await add_evaluations(database, *repeats_of(run_id, "t0", evaluator, labels))
        (row,) = (await reduced(database, run_id)).values()
        assert (row["n_repeats"], row["n_scored"]) == (len(labels), len(labels) - labels.count(None))
        assert row["detail"] == f"repeat {row['repeat']}"
        picked.append(row["repeat"])
    assert picked == [majority, median, worst]


@pytest.mark.parametrize("reducer", REDUCERS)
async def test_reports_choose_the_same_repeats(database: Database, reducer: Reducer) -> None:
    dice = random.Random(reducer)
    run_id = await add_run(database, params={"repeats": 5, "reducer": reducer})
    rows: list[ThreadEvaluation] = []
    for number in range(120):
        for evaluator in ("intent", "correctness", "efficiency"):
            labels = (None, *VERDICTS.get(evaluator, SCORES))
            said = dice.choices(labels, k=dice.randint(1, 5))
            rows += repeats_of(run_id, f"t{number}", evaluator, said)
    dice.shuffle(rows)
    await add_evaluations(database, *rows)
    found = await reduced(database, run_id)
    expected = {
        (f"t{number}", evaluator): row.repeat
        for number in range(120)
        for evaluator, row in chosen_repeats([row for row in rows if row.thread_id == f"t{number}"], reducer).items()
    }
    assert {item: row["repeat"] for item, row in found.items()} == expected


async def test_a_run_of_one_repeat_is_its_rows(database: Database) -> None:
    for params in ({}, {"repeats": 1, "reducer": "worst"}, {"repeats": None}):
        run_id = await add_run(database, params=params)
        rows = [make_evaluation(run_id, "t0"), make_evaluation(run_id, "t1", reason="infra")]
        await add_evaluations(database, *rows)
        found = await reduced(database, run_id)
        assert {row["thread_id"]: (row["n_repeats"], row["n_scored"]) for row in found.values()} == {
            "t0": (1, 1), "t1": (1, 0),
        }  # fmt: skip
        fields = set(ThreadEvaluation.model_fields)
        as_saved = [{name: row[name] for name in fields} for row in found.values()]
        assert sorted(as_saved, key=lambda row: row["thread_id"]) == [row.model_dump() for row in rows]


async def test_figures_count_the_reduced_rows_and_completed_all(database: Database) -> None:
    run_id = await add_run(database, params={"repeats": 3, "reducer": "majority"})
    await add_threads(database, [make_thread("t0"), make_thread("t1")], run_id)
    await add_evaluations(
        database,
        *repeats_of(run_id, "t0", "correctness", ["PASS", "CRITICAL", "PASS"]),
        *repeats_of(run_id, "t1", "correctness", [None, "HARD FAIL"]),
        *repeats_of(run_id, "t0", "efficiency", ["EFFICIENT", None, None]),
        *repeats_of(run_id, "t1", "efficiency", [None, None, None]),
    )
    async with database.session() as session:
        found = await count_figures(session, run_id, ["correctness", "efficiency"], repeats=3)
    assert found.evaluators == {"correctness": {"": 2}, "efficiency": {"": 1, "infra": 1}}
    assert found.counts["worst_correctness"] == {"PASS": 1, "HARD FAIL": 1}
    assert found.completed == 1  # `t1` lacks a repeat
    assert (found.success.true, found.success.unscored) == (1, {"efficiency: infra": 1})
    assert [thread.thread_id for thread in found.worst] == ["t1"]
