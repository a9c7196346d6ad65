"""The source `stored`: which contents are current, and which of the threads are taken."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from storage.database import Database
from storage.queries.snapshots import SnapshotHash, list_run_threads, pin_stored_threads
from storage.queries.threads import current_threads, list_threads
from storage.records import Thread
from tasks.sources.base import LoadReport, Selection
from tasks.sources.read import read_threads
from tests.storage.stored_runs import add_run, add_threads, make_thread

IDS = [f"thread {number}" for number in range(40)] + ["caf\u00e9", "\u4f60\u597d", "T", "t", "#", "10", "9"]


def at(hour: int) -> datetime:
    return datetime(2026, 3, 1, hour, tzinfo=UTC)


async def pin(database: Database, limit: int = 0, app: str = "shop", **chosen: Any) -> tuple[UUID, SnapshotHash]:
    """Pin stored threads to a new run."""
    run_id = await add_run(database)
    async with database.transaction() as session:
        return run_id, await pin_stored_threads(session, run_id, current_threads(app, **chosen), limit)


async def pinned(database: Database, limit: int = 0, **chosen: Any) -> list[Thread]:
    run_id, _ = await pin(database, limit, **chosen)
    async with database.session() as session:
        return list((await list_run_threads(session, run_id, limit=0)).items)


def ids(threads: Sequence[Thread]) -> list[str]:
    return [thread.external_id for thread in threads]


async def test_the_content_that_was_seen_last_is_the_current_one(database: Database) -> None:
    first, second = make_thread("t0", "first"), make_thread("t0", "second")
    for thread in (first, second):
        await add_threads(database, [thread, make_thread("t1")])
        assert await pinned(database) == [thread, make_thread("t1")]
    await add_threads(database, [first])
    assert await pinned(database) == [first, make_thread("t1")]
    async with database.session() as session:
        listed = (await list_threads(session, app="shop")).items
    assert [found.thread for found in listed] == [first, second, make_thread("t1")]


async def test_a_run_keeps_the_contents_it_pinned(database: Database) -> None:
    await add_threads(database, [make_thread("t0", "first")])
    run_id, _ = await pin(database)
    await add_threads(database, [make_thread("t0", "second")])
    async with database.session() as session:
        assert (await list_run_threads(session, run_id)).items == (make_thread("t0", "first"),)


async def test_nothing_stored_pins_nothing(database: Database) -> None:
    await add_threads(database, [make_thread("t0")], app="bank")
    _, snapshot = await pin(database)
    assert (snapshot.threads, snapshot.messages) == (0, 0)


async def test_the_snapshot_counts_and_hashes_what_it_pinned(database: Database) -> None:
    threads = [make_thread("a"), make_thread("b", "one", "two", "three")]
    await add_threads(database, threads)
    _, snapshot = await pin(database)
    expected = SnapshotHash()
    for thread in threads:
        expected.add(thread.external_id, thread.content_hash, len(thread.messages))
    assert (snapshot.threads, snapshot.messages) == (2, 5)
    assert snapshot.hexdigest() == expected.hexdigest()


async def test_since_takes_the_threads_that_were_active_then_or_later(database: Database) -> None:
    await add_threads(
        database,
        [
            make_thread("before", created_at=at(9), last_active=at(10)),
            make_thread("then", created_at=at(9), last_active=at(11)),
            make_thread("after", last_active=at(12)),
            make_thread("begun after", created_at=at(12)),
            make_thread("without a time"),
        ],
    )
    assert ids(await pinned(database, since=at(11))) == ["after", "begun after", "then"]


async def test_since_goes_by_the_current_content(database: Database) -> None:
    await add_threads(database, [make_thread("t0", "old", last_active=at(12))])
    await add_threads(database, [make_thread("t0", "new", last_active=at(9))])
    assert await pinned(database, since=at(11)) == []


async def test_threads_are_taken_by_id_and_by_number(database: Database) -> None:
    await add_threads(database, [make_thread(name) for name in ("c", "a", "b")])
    assert ids(await pinned(database, thread_ids=["c", "a", "x"])) == ["a", "c"]
    assert ids(await pinned(database, limit=2)) == ["a", "b"]
    assert ids(await pinned(database, limit=9)) == ["a", "b", "c"]


@pytest.mark.parametrize("seed", [0, 7, -1])
@pytest.mark.parametrize("size", [1, 12, 100])
async def test_a_sample_is_the_one_that_a_file_of_the_same_ids_gives(
    size: int, seed: int, database: Database, tmp_path: Path
) -> None:
    await add_threads(database, [make_thread(name) for name in IDS])
    file = tmp_path / "threads.jsonl"
    message = {"role": "user", "content": "Where is it?"}
    lines = [json.dumps({"thread_id": name, "messages": [message]}) for name in IDS]
    file.write_text("\n".join(lines), encoding="utf-8")
    of_file = read_threads(str(file), selection=Selection(sample=size, seed=seed), report=LoadReport())
    of_store = await pinned(database, sample=size, seed=seed)
    assert sorted(ids(of_store)) == sorted(ids(list(of_file)))
    assert len(of_store) == min(size, len(IDS))


async def test_a_sample_is_drawn_from_what_was_asked_for(database: Database) -> None:
    await add_threads(database, [make_thread(f"t{n}", last_active=at(n)) for n in range(20)])
    found = ids(await pinned(database, since=at(10), thread_ids=[f"t{n}" for n in range(15)], sample=3))
    assert len(found) == 3
    assert set(found) <= {f"t{n}" for n in range(10, 15)}
