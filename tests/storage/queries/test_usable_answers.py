"""Which committed answers are used again: by whose run, and never one that failed or was erased."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from settings import Settings
from storage.database import Database
from storage.queries.erasing import erase_content
from storage.queries.ledger import save_calls, usable_answers
from storage.records import FoundAnswer, ModelCall, Reuse
from storage.writers import RunWriter
from tests.storage.stored_runs import NOON, add_run, make_call

UNUSABLE: dict[str, dict[str, Any]] = {
    "failed": {"response": None, "error": "infra: down"},
    "truncated": {"response": '{"verd', "error": "truncated: cut off"},
    "refused": {"response": "I will not.", "error": "refused: no"},
    "unparseable": {"response": "{}", "error": "unparseable: verdict: Field required"},
}


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await add_run(database)


@pytest.fixture
async def other_run(database: Database) -> UUID:
    return await add_run(database)


async def add_calls(database: Database, *calls: ModelCall) -> None:
    async with database.transaction() as session:
        await save_calls(session, calls)


async def found(database: Database, run_id: UUID, *hashes: str, reuse: Reuse = "run") -> dict[str, FoundAnswer]:
    async with database.session() as session:
        return await usable_answers(session, run_id, hashes, reuse)


async def test_answers_of_other_runs_are_found_only_where_that_is_asked_for(
    database: Database, run_id: UUID, other_run: UUID
) -> None:
    await add_calls(
        database,
        make_call(run_id, "own", response="mine"),
        make_call(other_run, "own", response="theirs", created_at=NOON + timedelta(hours=1)),
        make_call(other_run, "other", response="theirs"),
    )
    mine, theirs = FoundAnswer(text="mine", run_id=run_id), FoundAnswer(text="theirs", run_id=other_run)
    asked = ("own", "other", "never asked")
    assert await found(database, run_id, *asked) == {"own": mine}
    assert await found(database, run_id, *asked, reuse="always") == {"own": mine, "other": theirs}
    assert await found(database, run_id, *asked, reuse="never") == {}


async def test_of_several_runs_the_newest_answer_is_taken(database: Database, run_id: UUID, other_run: UUID) -> None:
    third = await add_run(database)
    await add_calls(
        database,
        make_call(third, response="newest", created_at=NOON + timedelta(hours=2)),
        make_call(other_run, response="older", created_at=NOON + timedelta(hours=1)),
    )
    newest = {"hash": FoundAnswer(text="newest", run_id=third)}
    assert await found(database, run_id, "hash", reuse="always") == newest


async def test_an_answer_that_went_from_run_to_run_is_told_with_the_run_that_paid(
    database: Database, run_id: UUID, other_run: UUID
) -> None:
    between = await add_run(database)
    await add_calls(database, make_call(other_run))
    await add_calls(database, make_call(between, reused_from=other_run, created_at=NOON + timedelta(hours=1)))
    (answer,) = (await found(database, run_id, "hash", reuse="always")).values()
    assert answer.run_id == other_run


@pytest.mark.parametrize("reuse", ["run", "always"])
@pytest.mark.parametrize("failure", UNUSABLE)
async def test_an_answer_that_cannot_be_used_is_none(
    failure: str, reuse: Reuse, database: Database, run_id: UUID, other_run: UUID
) -> None:
    for run in (run_id, other_run):
        await add_calls(database, make_call(run, usable=False, **UNUSABLE[failure]))
    assert await found(database, run_id, "hash", reuse=reuse) == {}


@pytest.mark.parametrize("reuse", ["run", "always"])
async def test_an_answer_that_was_erased_is_none_until_it_is_given_again(
    reuse: Reuse, database: Database, run_id: UUID
) -> None:
    await add_calls(database, make_call(run_id))
    async with database.transaction() as session:
        await erase_content(session, run_id)
    assert await found(database, run_id, "hash", reuse=reuse) == {}
    await add_calls(database, make_call(run_id, response="again", created_at=NOON + timedelta(hours=1)))
    assert await found(database, run_id, "hash", reuse=reuse) == {"hash": FoundAnswer(text="again", run_id=run_id)}


@pytest.mark.parametrize("failure", UNUSABLE)
async def test_a_failure_after_an_erased_answer_does_not_take_its_place(
    failure: str, database: Database, run_id: UUID
) -> None:
    await add_calls(database, make_call(run_id))
    async with database.transaction() as session:
        await erase_content(session, run_id)
    failed = make_call(run_id, usable=False, created_at=NOON + timedelta(hours=1), **UNUSABLE[failure])
    await add_calls(database, failed)
    assert await found(database, run_id, "hash") == {}


async def test_a_writer_finds_what_its_run_may_use_again(database: Database, run_id: UUID, other_run: UUID) -> None:
    await add_calls(database, make_call(run_id, "own"), make_call(other_run, "other"))

    async def finds(reuse: Reuse) -> list[UUID | None]:
        writer = RunWriter(database, run_id, Settings(), reuse=reuse)
        answers = [await writer.find(request_hash) for request_hash in ("own", "other")]
        return [answer.run_id if answer else None for answer in answers]

    assert await finds("run") == [run_id, None]
    assert await finds("always") == [run_id, other_run]
    assert await finds("never") == [None, None]
