"""Retention: what may go, what stays, and that what is cut off halfway is finished by the next try."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from deployments.prune import Pruned, PruneRequest, parse_age, prune
from storage.database import Database
from storage.queries.ledger import save_calls, usable_answers, usage_of
from storage.queries.prune import begin_deletion, delete_rows
from storage.queries.runs import close_run, find_run
from storage.run_lock import RunLock
from tasks.errors import RunRefused
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_call, make_evaluation, make_thread

NOW = datetime.now(UTC)
MONTH = PruneRequest(before=NOW - timedelta(days=30))


async def ended(database: Database, days_ago: int, *, source: str = "a.csv", app: str = "shop", items: int = 1) -> UUID:
    """A whole run of one thread, with rows in every table, that ended so many days ago."""
    run = await add_run(database, app=app, params={"source": source})
    await add_threads(database, [make_thread(f"{source} {app} {days_ago}")], run, app)
    await add_evaluations(database, make_evaluation(run, "t0"), make_evaluation(run, "t1", reason="infra"))
    async with database.transaction() as session:
        await save_calls(session, [make_call(run, f"{run} {n}", cost_usd="0.5") for n in range(3)])
        await close_run(session, run, "completed", figures={"completed": items, "items": items})
        aged = "UPDATE eval_runs SET finished_at = :at, created_at = :at WHERE id = :run"
        await session.execute(text(aged), {"at": NOW - timedelta(days=days_ago), "run": run})
    return run


async def night(database: Database, days_ago: int, run: UUID, compared_with: UUID | None, status: str) -> None:
    async with database.transaction() as session:
        values = {"night": (NOW - timedelta(days=days_ago)).date(), "run": run, "with": compared_with, "status": status}
        await session.execute(
            text("INSERT INTO nights (plan, night, status) VALUES ('p', :night, 'succeeded')"), values
        )
        suite = """INSERT INTO night_suites (plan, night, suite, flow, app, kind, run_id, status, compared_with)
            VALUES ('p', :night, 's', 'f', 'shop', 'fixed', :run, :status, :with)"""
        await session.execute(text(suite), values)


async def rows_of(database: Database, run: UUID) -> list[int]:
    """Rows the run has in each table."""
    tables = ("eval_runs", "thread_evaluations", "api_logs", "run_threads")
    async with database.session() as session:
        counts = [
            f"SELECT count(*) FROM {name} WHERE {'id' if name == 'eval_runs' else 'run_id'} = :r" for name in tables
        ]
        return [(await session.execute(text(count), {"r": run})).scalar_one() for count in counts]


ALL, NOTHING = [1, 2, 3, 1], [0, 0, 0, 0]


async def test_old_runs_go_with_all_their_rows_and_young_ones_and_those_in_progress_stay(database: Database) -> None:
    old, young = await ended(database, 40), await ended(database, 20)
    going_on = await ended(database, 50)
    taken_up = await ended(database, 60)
    async with database.transaction() as session:
        await session.execute(text("UPDATE eval_runs SET status = 'running' WHERE id = :run"), {"run": going_on})
    lock = RunLock(database.engine, taken_up)
    assert await lock.acquire()
    for dry_run in (True, False):
        pruned = Pruned()
        await prune(database, PruneRequest(before=MONTH.before, dry_run=dry_run), pruned)
        assert old in {run.run_id for run, _ in pruned.runs}
        assert await rows_of(database, old) == (ALL if dry_run else NOTHING)
    assert [run.run_id for run, _ in pruned.runs] == [old]
    assert {run.run_id: run.kept_as for run in pruned.kept} == {going_on: "running", taken_up: "running"}
    assert [size.model_dump(exclude={"bytes"}) for _, size in pruned.runs] == [
        {"evaluations": 2, "calls": 3, "threads": 1}
    ]
    for run in (young, going_on, taken_up):
        assert await rows_of(database, run) == ALL
    await lock.release()


async def test_the_last_of_each_suite_and_what_a_night_is_compared_with_stay(database: Database) -> None:
    first, baseline, last = [await ended(database, days) for days in (90, 80, 70)]
    nothing_new = await ended(database, 65, items=0)
    failed = await ended(database, 60)
    await night(database, 90, first, None, "succeeded")
    await night(database, 80, baseline, first, "succeeded")
    await night(database, 70, last, baseline, "succeeded")
    await night(database, 65, nothing_new, None, "succeeded")
    await night(database, 60, failed, last, "failed")
    other = [await ended(database, days, source="b.csv") for days in (90, 80)]
    elsewhere = await ended(database, 90, app="bank")
    pruned = Pruned()
    await prune(database, PruneRequest(before=MONTH.before, app="shop", keep_last=1), pruned)
    assert {run.run_id for run, _ in pruned.runs} == {first, nothing_new, other[0]}
    assert {run.run_id: run.kept_as for run in pruned.kept} == {
        baseline: "baseline", last: "baseline", failed: "last", other[1]: "last",
    }  # fmt: skip
    assert await rows_of(database, elsewhere) == ALL


async def test_content_goes_and_figures_stay(database: Database) -> None:
    old, young = await ended(database, 40), await ended(database, 20)
    await night(database, 40, old, None, "succeeded")
    async with database.session() as session:
        before = await usage_of(session, old)
    pruned = Pruned()
    await prune(database, PruneRequest(before=MONTH.before, content_only=True), pruned)
    assert [run.run_id for run, _ in pruned.runs] == [old]
    assert pruned.runs[0][1].bytes == 3 * sum(len(part) + 1 for part in ("Judge.", "Thread t0.", '{"verdict": "PASS"}'))
    async with database.session() as session:
        assert await usage_of(session, old) == before
        assert await usable_answers(session, old, [f"{old} 0"]) == {}
        assert set(await usable_answers(session, young, [f"{young} 0"])) == {f"{young} 0"}
    again = Pruned()
    await prune(database, PruneRequest(before=MONTH.before, content_only=True), again)
    assert again.runs == []


async def test_what_was_cut_off_halfway_is_no_result_and_the_next_try_ends_it(database: Database) -> None:
    old = await ended(database, 40)
    async with database.transaction() as session:
        assert await begin_deletion(session, old)
        assert await delete_rows(session, old, "thread_evaluations", 1) == 1
    async with database.session() as session:
        run = await find_run(session, old)
    assert run is not None
    assert (run.status, run.summary, run.completed) == ("failed", None, 0)
    assert "db prune" in (run.error_message or "")
    await prune(database, MONTH, Pruned())
    assert await rows_of(database, old) == NOTHING


async def test_threads_go_only_when_told_and_when_nothing_needs_or_brings_them(database: Database) -> None:
    await ended(database, 40)
    await ended(database, 20)
    await add_threads(database, [make_thread("imported lately")])
    async with database.transaction() as session:
        aged = "UPDATE threads SET last_seen_at = :at WHERE external_id <> 'imported lately'"
        await session.execute(text(aged), {"at": NOW - timedelta(days=40)})
        lease = "INSERT INTO rate_leases VALUES ('gone', gen_random_uuid(), now() - interval '1 day')"
        await session.execute(text(lease))

    async def stored() -> set[str]:
        async with database.session() as session:
            assert (await session.execute(text("SELECT count(*) FROM rate_leases"))).scalar_one() == 0
            return set((await session.execute(text("SELECT external_id FROM threads"))).scalars())

    await prune(database, MONTH, Pruned())
    assert await stored() == {"a.csv shop 40", "a.csv shop 20", "imported lately"}
    pruned = Pruned()
    await prune(database, PruneRequest(before=MONTH.before, threads=True), pruned)
    assert (pruned.threads, await stored()) == (1, {"a.csv shop 20", "imported lately"})


@pytest.mark.parametrize("age", ["90", "d", "-1d", "1.5d", "90 days", ""])
def test_an_age_that_is_none_is_named(age: str) -> None:
    with pytest.raises(RunRefused, match="write it as 90d"):
        parse_age(age)
