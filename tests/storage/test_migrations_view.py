"""The view `thread_results`: one row per run and thread, and when a thread is a success."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Row, text

from storage.database import Database

RUN = text(
    "INSERT INTO eval_runs (id, flow, app, status, judge_provider, params, versions)"
    " VALUES (:run, 'evaluate-threads', 'shop', 'running', 'rules', CAST(:params AS jsonb), '{}')"
)
THREAD = text(
    "WITH added AS (INSERT INTO threads (app, external_id, content_hash, user_id, messages, message_count,"
    " labelled_success) VALUES ('shop', :thread, 'hash', 'ada', '[]', 4, false) RETURNING id)"
    " INSERT INTO run_threads (run_id, position, thread_id, thread_row) SELECT :run, 0, :thread, id FROM added"
)
EVALUATION = text(
    "INSERT INTO thread_evaluations (run_id, thread_id, evaluator, repeat, evaluator_version, judge, content_hash,"
    " verdict, score, reason, result, created_at)"
    " VALUES (:run, 't', :evaluator, :repeat, '1', 'rules', 'hash', :verdict, :score, :reason, '{}', now())"
)
RESULTS = text("SELECT * FROM thread_results WHERE run_id = :run")
Outcome = tuple[str, str | None, str | None]


async def results(
    database: Database, *repeats: list[Outcome], score: float | None = None, params: str = "{}"
) -> list[Row[tuple[object]]]:
    """The view's rows of a new run whose thread has these outcomes: evaluator, verdict and reason, by repeat."""
    run: UUID = uuid4()
    async with database.transaction() as session:
        await session.execute(RUN, {"run": run, "params": params})
        await session.execute(THREAD, {"run": run, "thread": "t"})
        for repeat, outcomes in enumerate(repeats):
            for evaluator, verdict, reason in outcomes:
                number = score if evaluator == "intent" else None
                values = {"evaluator": evaluator, "verdict": verdict, "reason": reason, "score": number}
                await session.execute(EVALUATION, {"run": run, "repeat": repeat, **values})
    async with database.session() as session:
        return list((await session.execute(RESULTS, {"run": run})).all())


@pytest.mark.parametrize("correctness", ["PASS", "SOFT FAIL", "HARD FAIL", "CRITICAL", "NOT APPLICABLE"])
@pytest.mark.parametrize("efficiency", ["EFFICIENT", "ACCEPTABLE", "FRICTION", "BROKEN", "INCOMPLETE"])
async def test_success_needs_efficiency_and_no_hard_failure(
    database: Database, correctness: str, efficiency: str
) -> None:
    outcomes: list[Outcome] = [("correctness", correctness, None), ("efficiency", efficiency, None)]
    (row,) = await results(database, outcomes)
    is_success = correctness not in {"HARD FAIL", "CRITICAL"} and efficiency not in {"BROKEN", "INCOMPLETE"}
    assert row.success_status is is_success
    assert row.success_reason is None
    assert (row.worst_correctness, row.efficiency_verdict) == (correctness, efficiency)


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ([("correctness", None, "infra"), ("efficiency", "BROKEN", None)], "correctness: infra"),
        ([("correctness", "CRITICAL", None), ("efficiency", None, "refused")], "efficiency: refused"),
        (
            [("correctness", None, "not_applicable"), ("efficiency", None, "budget")],
            "correctness: not_applicable; efficiency: budget",
        ),
        ([("correctness", "PASS", None)], "efficiency: missing"),
        ([("intent", None, None)], "correctness: missing; efficiency: missing"),
    ],
)
async def test_success_is_null_with_the_reasons_where_something_is_unscored(
    database: Database, outcomes: list[Outcome], reason: str
) -> None:
    (row,) = await results(database, outcomes)
    assert row.success_status is None
    assert row.success_reason == reason


async def test_a_row_carries_the_thread_and_the_intent_accuracy(database: Database) -> None:
    (row,) = await results(database, [("intent", None, None)], score=0.75)
    assert (row.thread_id, row.app, row.user_id, row.message_count) == ("t", "shop", "ada", 4)
    assert (row.intent_accuracy, row.intent_reason, row.labelled_success) == (0.75, None, False)


async def test_an_intent_that_could_not_be_judged_has_no_accuracy_but_a_reason(database: Database) -> None:
    (row,) = await results(database, [("intent", None, "unparseable")])
    assert (row.intent_accuracy, row.intent_reason) == (None, "unparseable")


@pytest.mark.parametrize(
    ("reducer", "correctness", "success"), [("majority", "PASS", True), ("worst", "CRITICAL", False)]
)
async def test_repeats_are_reduced_evaluator_by_evaluator_to_one_row(
    database: Database, reducer: str, correctness: str, success: bool
) -> None:
    (row,) = await results(
        database,
        [("correctness", "CRITICAL", None), ("efficiency", None, "infra"), ("intent", None, "refused")],
        [("correctness", "PASS", None), ("efficiency", "EFFICIENT", None), ("intent", None, "infra")],
        [("correctness", "PASS", None), ("efficiency", None, "infra")],
        params=f'{{"repeats": 3, "reducer": "{reducer}"}}',
    )
    assert (row.worst_correctness, row.efficiency_verdict, row.success_status) == (correctness, "EFFICIENT", success)
    assert (row.correctness_reason, row.efficiency_reason, row.intent_reason) == (None, None, "refused")
