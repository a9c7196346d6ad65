"""Figures over all runs, by app, flow and judge."""

from decimal import Decimal

from storage.database import Database
from storage.queries.ledger import save_calls
from storage.queries.runs import close_run, pin_snapshot
from storage.queries.stats import Stats, read_stats
from storage.records import Judge, Snapshot
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_call, make_evaluation, make_thread


async def stats(database: Database, app: str | None = None) -> tuple[Stats, ...]:
    async with database.session() as session:
        return await read_stats(session, app=app)


async def add_shop_runs(database: Database) -> None:
    """Two runs by a model over two threads each, one of them completed, one row of four unscored."""
    for number in range(2):
        run_id = await add_run(database, judge=Judge.parse("openai:small"))
        await add_threads(database, [make_thread("t0"), make_thread("t1")], run_id)
        await add_evaluations(
            database,
            make_evaluation(run_id, "t0"),
            make_evaluation(run_id, "t1", reason="infra" if number else None),
        )
        async with database.transaction() as session:
            await pin_snapshot(session, run_id, Snapshot(source="a.csv", threads=2, messages=4, hash="h"))
            cost = Decimal("0.5")
            await save_calls(session, [make_call(run_id, str(n), cost_usd=cost) for n in range(3)])
            if number:
                await close_run(session, run_id, "completed_with_errors")


async def test_runs_are_summed_by_app_flow_and_judge(database: Database) -> None:
    await add_shop_runs(database)
    await add_run(database, app="bank")
    bank, shop = await stats(database)
    assert bank.model_dump() == {
        "app": "bank", "flow": "evaluate-threads", "judge": "rules", "runs": 1, "completed": 0, "threads": 0,
        "rows": 0, "scored": 0, "calls": 0, "tokens": 0, "cost_usd": Decimal(0),
    }  # fmt: skip
    assert shop.model_dump() == {
        "app": "shop", "flow": "evaluate-threads", "judge": "openai:small", "runs": 2, "completed": 1, "threads": 4,
        "rows": 4, "scored": 3, "calls": 6, "tokens": 720, "cost_usd": Decimal(3),
    }  # fmt: skip


async def test_one_app_is_picked_and_no_app_is_empty(database: Database) -> None:
    await add_shop_runs(database)
    await add_run(database, app="bank")
    assert [found.app for found in await stats(database, "bank")] == ["bank"]
    assert await stats(database, "nobody") == ()


async def test_one_unknown_price_makes_the_cost_unknown(database: Database) -> None:
    await add_shop_runs(database)
    run_id = await add_run(database, judge=Judge.parse("openai:small"))
    async with database.transaction() as session:
        await save_calls(session, [make_call(run_id)])
    (shop,) = await stats(database)
    assert (shop.calls, shop.cost_usd) == (7, None)
