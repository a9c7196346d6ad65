"""Runs: opened, resumed, followed, cancelled, closed and listed."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from storage.database import Database
from storage.queries.runs import (
    close_run,
    create_run,
    find_run,
    list_runs,
    reopen_run,
    report_progress,
    request_cancel,
    set_estimate,
)
from storage.records import Judge, Progress, Run, RunStatus
from tests.storage.stored_runs import add_run

ENDINGS: list[RunStatus] = ["completed", "completed_with_errors", "failed", "cancelled", "crashed"]


async def read(database: Database, run_id: UUID) -> Run:
    async with database.session() as session:
        found = await find_run(session, run_id)
    assert found is not None
    return found


async def close(
    database: Database, run_id: UUID, status: RunStatus, why: str | None = None, only_running: bool = False
) -> None:
    async with database.transaction() as session:
        await close_run(session, run_id, status, error_message=why, only_running=only_running)


async def report(database: Database, run_id: UUID, current: int) -> bool:
    async with database.transaction() as session:
        return await report_progress(session, run_id, Progress(current=current, total=9, message="evaluating"))


async def test_a_new_run_is_running_under_the_id_it_was_given(database: Database) -> None:
    run_id = uuid4()
    async with database.transaction() as session:
        created = await create_run(
            session,
            run_id,
            flow="evaluate-threads",
            app="shop",
            name="a.csv by openai:small",
            judge=Judge.parse("openai:ft:small"),
            params={"source": "a.csv", "limit": 0, "checks": ["x"], "nothing": None},
            versions={"intent": "2"},
        )
    assert created == await read(database, run_id)
    assert (created.id, created.status, created.judge_provider, created.judge_model) == (
        run_id, "running", "openai", "ft:small",
    )  # fmt: skip
    assert created.params == {"source": "a.csv", "limit": 0, "checks": ["x"], "nothing": None}
    assert (created.versions, created.completed, created.items, created.cost_usd) == ({"intent": "2"}, 0, None, None)
    assert created.started_at is not None
    assert created.finished_at is created.snapshot is created.summary is None


async def test_a_run_that_is_not_there_is_none(database: Database) -> None:
    async with database.session() as session:
        assert await find_run(session, uuid4()) is None


@pytest.mark.parametrize("status", ENDINGS)
async def test_a_run_that_is_closed_says_how_and_when(status: RunStatus, database: Database) -> None:
    run_id = await add_run(database)
    await close(database, run_id, status, "because")
    run = await read(database, run_id)
    assert (run.status, run.error_message) == (status, "because")
    assert isinstance(run.finished_at, datetime)
    assert run.started_at is not None
    assert run.duration_seconds is not None
    assert run.duration_seconds == pytest.approx((run.finished_at - run.started_at).total_seconds(), abs=1e-3)


async def test_closing_sets_the_figures_that_are_given(database: Database) -> None:
    run_id = await add_run(database)
    figures = {"completed": 7, "cost_usd": "1.25", "tokens_in": 10, "tokens_out": 2, "summary": {"items": 7}}
    async with database.transaction() as session:
        await close_run(session, run_id, "completed", figures=figures)
    run = await read(database, run_id)
    assert (run.completed, str(run.cost_usd), run.tokens_in, run.tokens_out) == (7, "1.25000000", 10, 2)
    assert run.summary == {"items": 7}


@pytest.mark.parametrize(
    ("why", "kept"),
    [("x" * 5000, "x" * 2000), ("\u4f60" * 2001, "\u4f60" * 2000), ("a\0b\ud800c", "a\ufffdb\ufffdc"), ("", None)],
    ids=["long", "long and wide", "unstorable", "empty"],
)
async def test_an_error_message_is_cut_to_what_the_column_holds(why: str, kept: str | None, database: Database) -> None:
    run_id = await add_run(database)
    await close(database, run_id, "failed", why)
    assert (await read(database, run_id)).error_message == kept


async def test_an_ending_is_not_overwritten_by_who_only_closes_running_ones(database: Database) -> None:
    run_id = await add_run(database)
    await close(database, run_id, "cancelled", "first")
    await close(database, run_id, "crashed", "second", only_running=True)
    run = await read(database, run_id)
    assert (run.status, run.error_message) == ("cancelled", "first")


async def test_a_run_that_is_resumed_runs_again_and_keeps_what_it_has(database: Database) -> None:
    run_id = await add_run(database)
    async with database.transaction() as session:
        await request_cancel(session, run_id)
        await close_run(session, run_id, "failed", error_message="no", figures={"completed": 3})
    async with database.transaction() as session:
        await reopen_run(session, run_id)
    run = await read(database, run_id)
    assert (run.status, run.completed, run.calls_lost_at_most) == ("running", 3, 0)
    assert run.params == {"source": "threads.csv"}
    assert run.error_message is run.finished_at is run.duration_seconds is None
    assert not await report(database, run_id, 1)


async def test_what_was_lost_each_time_adds_up_and_parameters_may_change(database: Database) -> None:
    run_id, params = await add_run(database), {"source": "threads.csv", "budget_usd": 5}
    for _ in range(2):
        async with database.transaction() as session:
            await reopen_run(session, run_id, params=params, lost_at_most=20)
    run = await read(database, run_id)
    assert (run.calls_lost_at_most, run.params) == (40, params)


async def test_an_estimate_is_kept_with_the_run(database: Database) -> None:
    run_id, other = await add_run(database), await add_run(database)
    async with database.transaction() as session:
        await set_estimate(session, run_id, {"calls": 12, "usd": [0.5, 1.5]})
    assert (await read(database, run_id)).estimate == {"calls": 12, "usd": [0.5, 1.5]}
    assert (await read(database, other)).estimate is None


async def test_progress_is_written_and_answers_whether_to_stop(database: Database) -> None:
    run_id, other = await add_run(database), await add_run(database)
    assert not await report(database, run_id, 4)
    async with database.transaction() as session:
        assert await request_cancel(session, run_id)
    assert await report(database, run_id, 5)
    assert not await report(database, other, 1)
    assert (await read(database, run_id)).progress == Progress(current=5, total=9, message="evaluating")


async def test_a_live_run_that_was_taken_for_dead_says_running_again(database: Database) -> None:
    run_id = await add_run(database)
    await close(database, run_id, "crashed", "the process that ran it is gone")
    await report(database, run_id, 4)
    run = await read(database, run_id)
    assert run.status == "running"
    assert run.error_message is run.finished_at is run.duration_seconds is None


@pytest.mark.parametrize("status", [status for status in ENDINGS if status != "crashed"])
async def test_progress_that_comes_late_does_not_revive_a_run(status: RunStatus, database: Database) -> None:
    run_id = await add_run(database)
    await close(database, run_id, status)
    assert not await report(database, run_id, 4)
    run = await read(database, run_id)
    assert (run.status, run.progress) == (status, None)


async def test_only_a_running_run_can_be_cancelled(database: Database) -> None:
    run_id = await add_run(database)
    await close(database, run_id, "completed")
    async with database.transaction() as session:
        assert not await request_cancel(session, run_id)
        assert not await request_cancel(session, uuid4())


async def test_runs_are_listed_newest_first_by_flow_app_and_status(database: Database) -> None:
    ids = [await add_run(database, app="bank" if n % 2 else "shop") for n in range(5)]
    other = await add_run(database, flow="nightly")
    await close(database, ids[4], "completed")

    async with database.session() as session:
        everything = await list_runs(session, limit=0)
        page = await list_runs(session, limit=2, offset=1)
        of_shop = await list_runs(session, app="shop", flow="evaluate-threads")
        completed = await list_runs(session, status="completed")
        none = await list_runs(session, app="nobody")
    assert [run.id for run in everything.items] == [other, *reversed(ids)]
    assert ([run.id for run in page.items], page.total, page.limit, page.offset) == ([ids[4], ids[3]], 6, 2, 1)
    assert [run.id for run in of_shop.items] == [ids[4], ids[2], ids[0]]
    assert [run.id for run in completed.items] == [ids[4]]
    assert (none.items, none.total) == ((), 0)
