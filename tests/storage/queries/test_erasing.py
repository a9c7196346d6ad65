"""Content erased from the ledger: nothing of a thread or an answer stays, what was used and why it failed does."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from settings import Settings
from storage.database import Database
from storage.queries.erasing import erase_content, erase_finished
from storage.queries.ledger import LoggedCall, list_calls, save_calls, usage_of
from storage.records import ModelCall, ThreadEvaluation, UnscoredReason
from storage.writers import RunWriter
from tests.storage.stored_runs import NOON, add_run, make_call, make_evaluation

SECRET = "Ophelia lives in Harbour Street 9"
SPOKEN: dict[str, Any] = {
    "system_prompt": f"Judge {SECRET}.",
    "prompt": f"Thread: {SECRET}",
    "response": f'{{"reasoning": "{SECRET}"}}',
}


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await add_run(database)


def spoken(run_id: UUID, request_hash: str = "hash", **changed: Any) -> ModelCall:
    """A call that is full of what was said."""
    return make_call(run_id, request_hash, **{**SPOKEN, **changed})


async def add_calls(database: Database, *calls: ModelCall) -> None:
    async with database.transaction() as session:
        await save_calls(session, calls)


async def finish(database: Database, run_id: UUID, *evaluations: ThreadEvaluation) -> None:
    async with database.transaction() as session:
        await erase_finished(session, run_id, evaluations)


async def logged(database: Database, run_id: UUID) -> list[LoggedCall]:
    async with database.session() as session:
        return list((await list_calls(session, run_id, limit=0)).items)


async def with_content(database: Database, run_id: UUID) -> list[str]:
    """The requests of which anything of what was said is left."""
    async with database.session() as session:
        found = await session.execute(text("SELECT request_hash, row_to_json(api_logs)::text AS held FROM api_logs"))
        return sorted(request_hash for request_hash, held in found if SECRET in held)


async def test_nothing_that_was_said_is_left_and_what_was_used_is(database: Database, run_id: UUID) -> None:
    says_it = f"unparseable: messages.0: not {SECRET}: at all"
    await add_calls(database, spoken(run_id, usable=False, error=says_it))
    await add_calls(database, spoken(run_id, prompt=f"repair {SECRET}", created_at=NOON + timedelta(minutes=1)))
    await add_calls(database, spoken(run_id, "refused", usable=False, error=f"refused: I will not, {SECRET}"))
    await add_calls(database, spoken(run_id, "no words", response=None, usable=False, error="infra"))
    async with database.session() as session:
        before = await usage_of(session, run_id)
    async with database.transaction() as session:
        await erase_content(session, run_id)
    assert await with_content(database, run_id) == []
    calls = {call.request_hash: call for call in await logged(database, run_id)}
    assert {(call.system_prompt, call.prompt, call.response) for call in calls.values()} == {(None, None, None)}
    assert [calls[name].error for name in ("hash", "refused", "no words")] == [None, "refused", "infra"]
    assert [attempt.get("error") for attempt in calls["hash"].attempts] == ["unparseable", None]
    assert [attempt["tokens_in"] for attempt in calls["hash"].attempts] == [100, 100]
    async with database.session() as session:
        assert await usage_of(session, run_id) == before


async def test_only_the_calls_behind_the_finished_result_are_erased(database: Database, run_id: UUID) -> None:
    other_run = await add_run(database)
    await add_calls(
        database,
        spoken(run_id, "done"),
        spoken(run_id, "done, a second call", method="correctness/missing"),
        spoken(run_id, "another evaluator", method="intent"),
        spoken(run_id, "another thread", item="t1"),
        spoken(run_id, "another repeat", repeat=1),
        spoken(run_id, "an evaluator named alike", method="correctness2"),
        spoken(other_run, "another run"),
    )
    await finish(database, run_id, make_evaluation(run_id))
    left = {"another evaluator", "another thread", "another repeat", "an evaluator named alike", "another run"}
    assert set(await with_content(database, run_id)) == left
    await finish(database, run_id, make_evaluation(run_id, "t1"), make_evaluation(run_id, repeat=1))
    assert set(await with_content(database, run_id)) == left - {"another thread", "another repeat"}


@pytest.mark.parametrize(
    ("reason", "erased"),
    [
        ("infra", False), ("judge_failed", False), ("budget", False), ("target_failed", False),
        ("unparseable", True), ("refused", True), ("truncated", True), ("not_applicable", True),
    ],
)  # fmt: skip
async def test_what_another_try_may_need_stays_until_the_result_is_final(
    reason: UnscoredReason, erased: bool, database: Database, run_id: UUID
) -> None:
    await add_calls(database, spoken(run_id))
    await finish(database, run_id, make_evaluation(run_id, reason=reason))
    assert await with_content(database, run_id) == ([] if erased else ["hash"])


async def test_erasing_twice_or_nothing_changes_nothing(database: Database, run_id: UUID) -> None:
    await add_calls(
        database, spoken(run_id, error="infra: gone: away", usable=False), spoken(run_id, "kept", item="t1")
    )
    await finish(database, run_id)
    assert await with_content(database, run_id) == ["hash", "kept"]
    for _ in range(2):
        await finish(database, run_id, make_evaluation(run_id))
    assert await with_content(database, run_id) == ["kept"]
    for _ in range(2):
        async with database.transaction() as session:
            await erase_content(session, run_id)
    calls = {call.request_hash: (call.error, len(call.attempts)) for call in await logged(database, run_id)}
    assert calls == {"hash": ("infra", 1), "kept": (None, 1)}


@pytest.mark.parametrize(("log_content", "left"), [(False, ["next"]), (True, ["hash", "next"])])
async def test_a_writer_erases_what_it_finishes_only_where_content_is_not_to_be_kept(
    log_content: bool, left: list[str], database: Database, run_id: UUID
) -> None:
    writer = RunWriter(database, run_id, Settings(), log_content=log_content)
    await writer.record(spoken(run_id))
    await writer.record(spoken(run_id, "next", item="t1"))
    await writer.save(make_evaluation(run_id))
    assert await with_content(database, run_id) == left
