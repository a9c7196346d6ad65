"""The ledger: attempts appended, a usable answer never replaced, usage summed over everything paid for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from storage.database import Database
from storage.queries.erasing import erase_content
from storage.queries.ledger import LoggedCall, list_calls, save_calls, usable_answers, usage_of
from storage.records import FoundAnswer, ModelCall, Usage
from tests.storage.stored_runs import NOON, add_run, make_call

FAILED: dict[str, Any] = {"usable": False, "response": None, "error": "infra: down", "tokens_in": 0, "tokens_out": 0}
ATTEMPT: dict[str, Any] = {
    "at": "2026-03-01T12:00:00+00:00", "duration_ms": 12.5,
    "tokens_in": 100, "tokens_cached": 0, "tokens_out": 20, "tokens_reasoning": 0,
}  # fmt: skip


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
    saved = make_call(run_id, prompt="caf\u00e9 \\u0000 \n\t", cost_usd=Decimal("0.00012345"), repeat=2)
    await add_calls(database, saved)
    (call,) = await logged(database, run_id)
    of_the_attempt = {"served_model", "repair", "reused_from"}
    assert call.model_dump(exclude={"attempts"}) == saved.model_dump(exclude=of_the_attempt)
    assert call.attempts == ({**ATTEMPT, "cost_usd": 0.00012345},)


async def test_an_attempt_tells_what_it_used_who_answered_and_what_was_special_about_it(
    database: Database, run_id: UUID
) -> None:
    other_run = await add_run(database)
    used: dict[str, Any] = {"tokens_cached": 64, "tokens_reasoning": 16}
    await add_calls(database, make_call(run_id, **used, served_model="small-2026", error="no", usable=False))
    await add_calls(database, make_call(run_id, **used, repair=True, **later(1)))
    await add_calls(database, make_call(run_id, "reused", reused_from=other_run, cost_usd=Decimal(0)))
    call, reused = await logged(database, run_id)
    assert (call.tokens_cached, call.tokens_reasoning) == (128, 32)
    first, second = call.attempts
    assert first == {**ATTEMPT, **used, "served_model": "small-2026", "error": "no"}
    assert second == {**ATTEMPT, **used, "repair": True, "at": "2026-03-01T12:01:00+00:00"}
    assert reused.attempts == ({**ATTEMPT, "cost_usd": 0, "reused_from": str(other_run)},)


async def test_attempts_of_a_request_share_a_row_and_are_all_kept(database: Database, run_id: UUID) -> None:
    truncated = make_call(run_id, usable=False, response='{"verd', error="truncated: cut off", **later(1))
    await add_calls(database, make_call(run_id, **FAILED), truncated)
    await add_calls(database, make_call(run_id, **later(2)))
    (call,) = await logged(database, run_id)
    assert (call.usable, call.response, call.error) == (True, '{"verdict": "PASS"}', None)
    assert (call.duration_ms, call.tokens_in, call.tokens_out) == (37.5, 200, 40)
    assert [attempt.get("error") for attempt in call.attempts] == ["infra: down", "truncated: cut off", None]
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
    assert (found, none) == ({"usable": FoundAnswer(text='{"verdict": "PASS"}', run_id=run_id)}, {})


async def test_usage_sums_all_attempts_of_all_calls(database: Database, run_id: UUID) -> None:
    price = Decimal("0.00000001")
    await add_calls(database, make_call(run_id, "a", **FAILED, cost_usd=Decimal(0)))
    await add_calls(
        database,
        make_call(run_id, "a", **later(1), cost_usd=price, repair=True, tokens_cached=64),
        make_call(run_id, "b", cost_usd=price, tokens_reasoning=16),
        make_call(run_id, "c", cost_usd=Decimal(0), tokens_in=0, tokens_out=0, reused_from=run_id),
    )
    assert await usage(database, run_id) == Usage(
        calls=3, attempts=4, tokens_in=200, tokens_cached=64, tokens_out=40, tokens_reasoning=16, cost_usd=2 * price,
        repairs=1, reused=1,
    )  # fmt: skip


async def test_the_cost_is_not_known_as_soon_as_one_price_is_not(database: Database, run_id: UUID) -> None:
    await add_calls(
        database,
        make_call(run_id, "a", cost_usd=Decimal(1), model="known"),
        *(make_call(run_id, name, model=name[0]) for name in ("z1", "b1", "z2")),
    )
    found = await usage(database, run_id)
    assert (found.calls, found.cost_usd, found.unpriced_models) == (4, None, ("b", "z"))


async def test_a_run_without_calls_cost_nothing(database: Database, run_id: UUID) -> None:
    assert await usage(database, run_id) == Usage(calls=0, tokens_in=0, tokens_out=0, cost_usd=Decimal(0))


async def test_calls_are_listed_oldest_first_and_by_item(database: Database, run_id: UUID) -> None:
    await add_calls(database, *(make_call(run_id, f"{n}", item=f"t{n % 2}", **later(9 - n)) for n in range(5)))
    async with database.session() as session:
        page = await list_calls(session, run_id, limit=2, offset=1)
        of_one = await list_calls(session, run_id, item="t1")
    assert ([call.request_hash for call in page.items], page.total) == (["3", "2"], 5)
    assert ([call.request_hash for call in of_one.items], of_one.total) == (["3", "1"], 2)


async def test_a_request_whose_content_was_erased_is_kept_for_the_item_that_asks_next(
    database: Database, run_id: UUID
) -> None:
    await add_calls(database, make_call(run_id))
    await add_calls(database, make_call(run_id, item="while the first is judged", **later(1)))
    await erase(database, run_id)
    await add_calls(database, make_call(run_id, **FAILED, item="t1", method="correctness/missing", **later(2)))
    (call,) = await logged(database, run_id)
    assert (call.item, call.method, call.prompt) == ("t1", "correctness/missing", "Thread t0.")
    assert (call.usable, call.response, call.error) == (True, None, None)
    await add_calls(database, make_call(run_id, item="t1", response="again", **later(3)))
    (call,) = await logged(database, run_id)
    assert (call.item, call.usable, call.response, len(call.attempts)) == ("t1", True, "again", 4)


async def erase(database: Database, run_id: UUID) -> None:
    async with database.transaction() as session:
        await erase_content(session, run_id)
