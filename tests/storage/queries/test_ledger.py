"""The ledger: attempts appended, a usable answer never replaced, usage summed over everything paid for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from storage.database import Database
from storage.queries.ledger import LoggedCall, list_calls, save_calls, usable_answers, usage_of
from storage.records import ModelCall, Usage
from tests.storage.stored_runs import NOON, add_run, make_call

FAILED: dict[str, Any] = {"usable": False, "response": None, "error": "infra: down", "tokens_in": 0, "tokens_out": 0}


def later(minutes: int) -> dict[str, Any]:
    return {"created_at": NOON + timedelta(minutes=minutes)}


async def add_calls(database: Database, *calls: ModelCall) -> None:
    async with database.transaction() as session:
        await save_calls(session, calls)


async def logged(database: Database, run_id: UUID) -> list[LoggedCall]:
    async with database.session() as session:
        return list((await list_calls(session, run_id, limit=0)).items)


async def usage(database: Database, run_id: UUID) -> Usage:
    async with database.session() as session:
        return await usage_of(session, run_id)


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await add_run(database)


async def test_a_call_comes_back_as_it_was_saved(database: Database, run_id: UUID) -> None:
    saved = make_call(run_id, prompt="caf\u00e9 \\u0000 \n\t", cost_usd=Decimal("0.00012345"))
    await add_calls(database, saved)
    (call,) = await logged(database, run_id)
    assert call.model_dump(exclude={"attempts"}) == saved.model_dump()
    assert call.attempts == (
        {"at": "2026-03-01T12:00:00+00:00", "error": None, "duration_ms": 12.5, "tokens_in": 100, "tokens_out": 20},
    )


async def test_attempts_of_a_request_share_a_row_and_are_all_kept(database: Database, run_id: UUID) -> None:
    truncated = make_call(run_id, usable=False, response='{"verd', error="truncated: cut off", **later(1))
    await add_calls(database, make_call(run_id, **FAILED), truncated)
    await add_calls(database, make_call(run_id, **later(2)))
    (call,) = await logged(database, run_id)
    assert (call.usable, call.response, call.error) == (True, '{"verdict": "PASS"}', None)
    assert (call.duration_ms, call.tokens_in, call.tokens_out) == (37.5, 200, 40)
    assert [attempt["error"] for attempt in call.attempts] == ["infra: down", "truncated: cut off", None]
    assert call.created_at == NOON


@pytest.mark.parametrize("changed", [FAILED, {"response": '{"verdict": "CRITICAL"}'}])
async def test_a_usable_answer_is_never_replaced(changed: dict[str, Any], database: Database, run_id: UUID) -> None:
    await add_calls(database, make_call(run_id))
    await add_calls(database, make_call(run_id, **changed, **later(1)))
    (call,) = await logged(database, run_id)
    assert (call.usable, call.response, call.error) == (True, '{"verdict": "PASS"}', None)
    assert len(call.attempts) == 2


async def test_an_attempt_that_is_saved_twice_is_counted_once(database: Database, run_id: UUID) -> None:
    await add_calls(database, make_call(run_id))
    await add_calls(database, make_call(run_id))  # a commit that broke off may have been carried out
    (call,) = await logged(database, run_id)
    assert (len(call.attempts), call.tokens_in, call.duration_ms) == (1, 100, 12.5)


async def test_only_usable_answers_of_the_run_are_found(database: Database, run_id: UUID) -> None:
    other_run = await add_run(database)
    await add_calls(
        database,
        make_call(run_id, "usable"),
        make_call(run_id, "failed", **FAILED),
        make_call(other_run, "of another run"),
    )
    async with database.session() as session:
        found = await usable_answers(session, run_id, ["usable", "failed", "of another run", "never asked"])
        none = await usable_answers(session, run_id, [])
    assert (found, none) == ({"usable": '{"verdict": "PASS"}'}, {})


async def test_usage_sums_all_attempts_of_all_calls(database: Database, run_id: UUID) -> None:
    price = Decimal("0.00000001")
    await add_calls(database, make_call(run_id, "a", **FAILED, cost_usd=Decimal(0)))
    await add_calls(
        database, make_call(run_id, "a", **later(1), cost_usd=price), make_call(run_id, "b", cost_usd=price)
    )
    assert await usage(database, run_id) == Usage(calls=2, tokens_in=200, tokens_out=40, cost_usd=2 * price)


async def test_the_cost_is_not_known_as_soon_as_one_price_is_not(database: Database, run_id: UUID) -> None:
    await add_calls(database, make_call(run_id, "a", cost_usd=Decimal(1)), make_call(run_id, "b"))
    found = await usage(database, run_id)
    assert (found.calls, found.cost_usd) == (2, None)


async def test_a_run_without_calls_cost_nothing(database: Database, run_id: UUID) -> None:
    assert await usage(database, run_id) == Usage(calls=0, tokens_in=0, tokens_out=0, cost_usd=Decimal(0))


async def test_calls_are_listed_oldest_first_and_by_item(database: Database, run_id: UUID) -> None:
    await add_calls(database, *(make_call(run_id, f"{n}", item=f"t{n % 2}", **later(9 - n)) for n in range(5)))
    async with database.session() as session:
        page = await list_calls(session, run_id, limit=2, offset=1)
        of_one = await list_calls(session, run_id, item="t1")
    assert ([call.request_hash for call in page.items], page.total) == (["3", "2"], 5)
    assert ([call.request_hash for call in of_one.items], of_one.total) == (["3", "1"], 2)
