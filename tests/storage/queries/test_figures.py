"""The figures of a small run, against numbers counted by hand."""

from typing import Any
from uuid import UUID

import pytest

from storage.database import Database
from storage.queries.evaluations import list_thread_results
from storage.queries.figures import count_figures
from storage.records import Message, RunFigures, SuccessFigures, Thread, ThreadEvaluation, WorstThread
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_evaluation

EVALUATORS = ["intent", "correctness", "efficiency"]


def thread(name: str, users: int, labelled_success: bool | None = None) -> Thread:
    """So many messages of a user, each with what the bot took it for, and one answer."""
    asked = [Message(role="user", text="Where?", recorded_intents=("track",)) for _ in range(users)]
    return Thread(
        external_id=name,
        user_id="ada",
        messages=(*asked, Message(role="assistant", text="There.")),
        labelled_success=labelled_success,
    )


def intent(
    run_id: UUID, name: str, correct: int, compared: int, types: list[bool | None], unscored: list[int]
) -> ThreadEvaluation:
    messages = [{"index": n, "query_type_correct": right} for n, right in enumerate(types)]
    result = {"messages": messages, "compared": compared, "correct": correct, "unscored": unscored}
    return make_evaluation(
        run_id, name, evaluator="intent", verdict=None, score=correct / compared if compared else None,
        reason=None if compared else "not_applicable", result=result,
    )  # fmt: skip


@pytest.fixture
async def run_id(database: Database) -> UUID:
    """Five threads: good; bad; friction; correctness unscored; everything unscored."""
    found = await add_run(database)
    threads = [
        thread("good", 2, True),
        thread("bad", 4, True),
        thread("slow", 1),
        thread("half", 3, False),
        thread("none", 5),
    ]
    await add_threads(database, threads, found)
    finding = {"index": 1, "verdict": "CRITICAL", "check": "error_text"}
    policy = [{"id": "P1", "status": "VIOLATED"}, {"id": "P2", "status": "FOLLOWED"}]
    friction = [{"index": 1, "cause": "bot", "check": "asked_again"}, {"index": 3, "cause": "user", "check": None}]
    efficiency: list[tuple[str, str, dict[str, Any]]] = [
        ("good", "EFFICIENT", {"friction": [], "recovery": "NOT NEEDED"}),
        ("bad", "BROKEN", {"friction": friction, "recovery": "FAILED"}),
        ("slow", "FRICTION", {"friction": friction[:1], "recovery": None}),
        ("half", "ACCEPTABLE", {}),
    ]
    rows: list[ThreadEvaluation] = [
        intent(found, "good", 2, 2, [True, False], []),
        intent(found, "bad", 1, 3, [True, None], [3]),
        intent(found, "slow", 0, 0, [], []),
        intent(found, "half", 3, 3, [], []),
        make_evaluation(found, "none", evaluator="intent", reason="infra", detail="down"),
        make_evaluation(found, "good", result={"messages": [{"index": 1, "verdict": "PASS", "check": None}]}),
        make_evaluation(found, "bad", verdict="CRITICAL", result={"messages": [finding], "policy": policy}),
        make_evaluation(found, "slow", verdict="SOFT FAIL"),
        make_evaluation(found, "half", reason="unparseable", detail="no"),
        make_evaluation(found, "none", reason="infra", detail="down"),
        *(
            make_evaluation(found, name, evaluator="efficiency", verdict=verdict, result=result)
            for name, verdict, result in efficiency
        ),
    ]
    await add_evaluations(database, *rows)
    return found


async def figures(database: Database, run_id: UUID, evaluators: list[str] = EVALUATORS, worst: int = 5) -> RunFigures:
    async with database.session() as session:
        return await count_figures(session, run_id, evaluators, worst)


async def test_rows_are_counted_by_evaluator_and_reason(database: Database, run_id: UUID) -> None:
    found = await figures(database, run_id)
    assert found.evaluators == {
        "intent": {"": 3, "not_applicable": 1, "infra": 1},
        "correctness": {"": 3, "unparseable": 1, "infra": 1},
        "efficiency": {"": 4},
    }
    assert found.completed == 4  # `none` has no row of efficiency


async def test_threads_are_counted_by_success(database: Database, run_id: UUID) -> None:
    assert (await figures(database, run_id)).success == SuccessFigures(
        true=2,  # good and slow
        false=1,
        unscored={"correctness: unparseable": 1, "correctness: infra; efficiency: missing": 1},
        labelled_agree=1,
        labelled=2,
    )


async def test_intents_and_query_types_are_summed_over_threads(database: Database, run_id: UUID) -> None:
    found = await figures(database, run_id)
    assert found.intent == (3, 6, 8, 14, 22, 16)  # k of m: 2 of 2, 1 of 3, 3 of 3
    assert found.query_type == (2, 2, 3, 2, 5, 3)  # 1 of 2, 1 of 1
    assert found.unscored_intents == 6  # one left out in `bad`, five of `none`


async def test_labels_are_counted(database: Database, run_id: UUID) -> None:
    assert (await figures(database, run_id)).counts == {
        "worst_correctness": {"CRITICAL": 1, "PASS": 1, "SOFT FAIL": 1},
        "efficiency_verdict": {"ACCEPTABLE": 1, "BROKEN": 1, "EFFICIENT": 1, "FRICTION": 1},
        "correctness_messages": {"CRITICAL": 1, "PASS": 1},
        "friction_cause": {"bot": 2, "user": 1},
        "recovery": {"FAILED": 1, "NOT NEEDED": 1},
        "policy_violated": {"P1": 1},
        "check": {"asked_again": 2, "error_text": 1},
    }


async def test_the_worst_threads_come_first(database: Database, run_id: UUID) -> None:
    bad = WorstThread(thread_id="bad", worst_correctness="CRITICAL", efficiency_verdict="BROKEN", intent_accuracy=1 / 3)
    slow = WorstThread(
        thread_id="slow", worst_correctness="SOFT FAIL", efficiency_verdict="FRICTION", intent_accuracy=None
    )
    assert (await figures(database, run_id)).worst == (bad, slow)
    assert (await figures(database, run_id, worst=1)).worst == (bad,)


async def test_user_messages_of_a_thread_that_failed_are_unscored_only_once(database: Database) -> None:
    run_id = await add_run(database)
    await add_threads(database, [thread("t0", 3)], run_id)
    row = make_evaluation(run_id, evaluator="intent", reason="unparseable", detail="no", result={"unscored": [0, 1, 2]})
    await add_evaluations(database, row)
    assert (await figures(database, run_id, ["intent"])).unscored_intents == 3


async def test_a_run_without_rows_has_nothing_to_count(database: Database) -> None:
    found = await figures(database, await add_run(database))
    assert found.evaluators == {"intent": {}, "correctness": {}, "efficiency": {}}
    assert (found.completed, found.success, found.unscored_intents) == (0, SuccessFigures(unscored={}), 0)
    assert found.intent == found.query_type == (0,) * 6
    assert (set(map(len, found.counts.values())), found.worst) == ({0}, ())


async def test_the_view_says_of_each_thread_what_its_rows_say(database: Database, run_id: UUID) -> None:
    async with database.session() as session:
        page = await list_thread_results(session, run_id)
        second = await list_thread_results(session, run_id, limit=1, offset=1)
    told = [
        (row.thread_id, row.intent_accuracy, row.worst_correctness, row.efficiency_verdict, row.success_status)
        for row in page.items
    ]
    assert told == [
        ("good", 1.0, "PASS", "EFFICIENT", True),
        ("bad", pytest.approx(1 / 3), "CRITICAL", "BROKEN", False),
        ("slow", None, "SOFT FAIL", "FRICTION", True),
        ("half", 1.0, None, "ACCEPTABLE", None),
        ("none", None, None, None, None),
    ]
    assert [row.labelled_success for row in page.items] == [True, True, None, False, None]
    assert [row.message_count for row in page.items] == [3, 5, 2, 4, 6]
    assert page.items[3].success_reason == "correctness: unparseable"
    assert ([row.thread_id for row in second.items], second.total) == (["bad"], 5)


async def test_a_page_is_a_data_frame_with_a_row_for_each_record(database: Database, run_id: UUID) -> None:
    async with database.session() as session:
        frame = (await list_thread_results(session, run_id, limit=3)).to_frame()
    assert list(frame["thread_id"]) == ["good", "bad", "slow"]
    assert list(frame["success_status"]) == [True, False, True]
    assert len(frame.columns) == 10
