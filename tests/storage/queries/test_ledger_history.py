"""What earlier calls used: of this model only, of the newest runs, and only where an answer came at the first try."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from storage.database import Database
from storage.queries.ledger import save_calls
from storage.queries.ledger_history import call_history
from storage.records import Judge, ModelCall
from storage.records.history import CallHistory
from tests.storage.stored_runs import NOON, add_run, make_call

SMALL = Judge(provider="openai", model="small")


async def add_calls(database: Database, *calls: ModelCall) -> None:
    async with database.transaction() as session:
        await save_calls(session, calls)


async def add_calls_of_a_run(database: Database, judge: Judge = SMALL, **changed: Any) -> UUID:
    run_id = await add_run(database, judge=judge)
    await add_calls(database, make_call(run_id, model=judge.model, **changed))
    return run_id


async def history(database: Database, **limits: int) -> list[CallHistory]:
    async with database.session() as session:
        return await call_history(session, SMALL, **limits)


async def test_calls_are_added_up_by_evaluator(database: Database) -> None:
    run_id = await add_run(database, judge=SMALL)
    await add_calls(
        database,
        make_call(run_id, "a", system_prompt="Sys.", prompt="caf\u00e9", tokens_out=20, tokens_cached=60),
        make_call(run_id, "b", system_prompt="Sys.", prompt="tea", tokens_out=30, method="correctness/window-2"),
        make_call(run_id, "c", system_prompt="Sys.", prompt="", tokens_out=40, method="correctness/window-2/missing"),
        make_call(run_id, "d", method="intent"),
    )
    correctness, intent = await history(database)
    assert correctness == CallHistory(
        evaluator="correctness",
        calls=3,
        follow_ups=1,
        shown_calls=3,
        shown_bytes=4 * 3 + 5 + 3,
        shown_tokens_in=300,
        tokens_in=300,
        tokens_cached=60,
        tokens_out=90,
        tokens_out_sd=10.0,
    )
    assert (intent.evaluator, intent.calls, intent.tokens_out_sd) == ("intent", 1, 0.0)


async def test_erased_prompts_count_only_where_their_size_does_not_matter(database: Database) -> None:
    await add_calls_of_a_run(database)
    async with database.transaction() as session:
        await session.execute(text("UPDATE api_logs SET prompt = NULL, system_prompt = NULL, response = NULL"))
    (found,) = await history(database)
    assert (found.calls, found.tokens_in, found.shown_calls, found.shown_bytes, found.shown_tokens_in) == (
        1, 100, 0, 0, 0,
    )  # fmt: skip


async def test_what_says_nothing_about_a_usual_call_is_left_out(database: Database) -> None:
    run_id = await add_run(database, judge=SMALL)
    failed: dict[str, Any] = {"usable": False, "response": None, "error": "infra: down", "tokens_in": 0}
    await add_calls(
        database,
        make_call(run_id, "failed", **{**failed, "tokens_in": 50}),
        make_call(run_id, "at the second try", **failed),
        make_call(run_id, "reused, so nothing was billed", tokens_in=0, tokens_out=0),
    )
    await add_calls(database, make_call(run_id, "at the second try", created_at=NOON + timedelta(minutes=1)))
    await add_calls_of_a_run(database, Judge(provider="openai", model="large"))
    await add_calls_of_a_run(database, Judge(provider="azure", model="small"))
    assert await history(database) == []


async def test_only_the_newest_runs_and_some_calls_of_each_are_looked_at(database: Database) -> None:
    for tokens_out in (1, 10, 100):
        run_id = await add_calls_of_a_run(database, tokens_out=tokens_out)
        await add_calls(database, make_call(run_id, "another", tokens_out=tokens_out))
    (found,) = await history(database, runs=2, calls=1)
    assert (found.calls, found.tokens_out) == (2, 110)
