"""Threads streamed into Postgres and pinned to a run: contents kept once, read back as they were."""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import text

from storage.database import Database
from storage.queries.runs import find_run, pin_snapshot
from storage.queries.snapshots import (
    SnapshotHash,
    intents_of_run,
    list_run_threads,
    query_types_of_run,
    save_threads,
)
from storage.queries.threads import list_threads, read_threads
from storage.records import Message, Snapshot, Thread, ToolCall
from tests.storage.stored_runs import add_run, add_threads, make_thread

FULL = Thread(
    external_id='t "1"\t\\N\n,\u4f60',
    user_id="\\.",
    name="",
    messages=(
        Message(
            role="user",
            text="tab\t back\\slash \\N \r\n \U0001f600 'quoted' \"twice\" \\u0000",
            created_at=datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC),
            recorded_intents=("track",),
            expected_intents=("refund", "track"),
            recorded_query_type="parcel",
            has_image=True,
            metadata={"deep": {"list": [1, 2.5, None, True]}},
        ),
        Message(role="assistant", tool_calls=(ToolCall(id="c1", name="find", arguments={"n": [1]}),)),
        Message(role="tool", text="", tool_call_id="c1"),
    ),
    labelled_success=False,
    created_at=datetime(2026, 3, 1, 10, 0, tzinfo=UTC),
    last_active=datetime(2026, 3, 1, 11, 0, tzinfo=UTC),
    metadata={"\u4f60": "\t", "n": 1, "metadata": {}},
)


async def count_contents(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(text("SELECT count(*) FROM threads")) or 0


async def test_a_thread_comes_back_as_it_was_saved(database: Database) -> None:
    run_id = await add_run(database)
    await add_threads(database, [FULL, make_thread("plain")], run_id)
    async with database.session() as session:
        page = await list_run_threads(session, run_id)
    assert page.items == (FULL, make_thread("plain"))


async def test_the_snapshot_keeps_the_order_it_was_read_in(database: Database) -> None:
    run_id = await add_run(database)
    names = [f"t{(n * 7) % 10}" for n in range(10)]
    await add_threads(database, [make_thread(name) for name in names[:4]], run_id)
    await add_threads(database, [make_thread(name) for name in names[4:]], run_id, first=4)
    async with database.session() as session:
        whole = await list_run_threads(session, run_id, limit=0)
        page = await list_run_threads(session, run_id, limit=3, offset=8)
    assert [thread.external_id for thread in whole.items] == names
    assert ([thread.external_id for thread in page.items], page.total) == (names[8:], 10)


async def test_the_same_content_is_kept_once_however_often_it_is_seen(database: Database) -> None:
    runs = [await add_run(database) for _ in range(2)]
    for run_id in runs:
        await add_threads(database, [make_thread("t0"), make_thread("t1")], run_id)
    await add_threads(database, [make_thread("t0"), make_thread("t0")])
    assert await count_contents(database) == 2
    async with database.session() as session:
        for run_id in runs:
            assert (await list_run_threads(session, run_id)).total == 2


async def test_another_content_app_or_id_is_another_row(database: Database) -> None:
    await add_threads(database, [make_thread("t0"), make_thread("t0", "Hello?"), make_thread("t1")])
    await add_threads(database, [make_thread("t0")], app="bank")
    assert await count_contents(database) == 4


async def test_a_transaction_that_fails_keeps_nothing(database: Database) -> None:
    class Stop(Exception):
        pass

    run_id = await add_run(database)
    try:
        async with database.transaction() as session:
            await save_threads(session, "shop", [make_thread("t0")], run_id=run_id)
            raise Stop
    except Stop:
        pass
    assert await count_contents(database) == 0


async def test_chunks_of_one_transaction_do_not_mix(database: Database) -> None:
    run_id = await add_run(database)
    async with database.transaction() as session:
        await save_threads(session, "shop", [make_thread("a"), make_thread("b")], run_id=run_id)
        await save_threads(session, "shop", [make_thread("only stored")])
        await save_threads(session, "shop", [], run_id=run_id)
        await save_threads(session, "shop", [make_thread("c")], run_id=run_id, first_position=2)
    async with database.session() as session:
        page = await list_run_threads(session, run_id)
    assert [thread.external_id for thread in page.items] == ["a", "b", "c"]
    assert await count_contents(database) == 4


async def test_a_snapshot_is_pinned_to_its_run(database: Database) -> None:
    run_id = await add_run(database)
    snapshot = Snapshot(source="a.csv", files={"a.csv": "ff"}, threads=2, messages=4, hash="abc")
    async with database.transaction() as session:
        await pin_snapshot(session, run_id, snapshot)
    async with database.session() as session:
        run = await find_run(session, run_id)
    assert run is not None
    assert (run.snapshot, run.items) == (snapshot, 2)


def test_the_hash_depends_on_ids_contents_and_order() -> None:
    def of(*pairs: tuple[str, str]) -> str:
        found = SnapshotHash()
        for external_id, content_hash in pairs:
            found.add(external_id, content_hash, 3)
        assert (found.threads, found.messages) == (len(pairs), 3 * len(pairs))
        return found.hexdigest()

    a, b = ("a", "1"), ("b", "2")
    assert of(a, b) == of(a, b)
    assert len({of(), of(a), of(a, b), of(b, a), of(("a", "2"), ("b", "1"))}) == 5


async def test_threads_are_read_by_row_and_listed_by_app_and_id(database: Database) -> None:
    await add_threads(database, [make_thread("t1"), make_thread("t0")])
    await add_threads(database, [make_thread("t0")], app="bank")
    async with database.session() as session:
        page = await list_threads(session)
        of_one = await list_threads(session, app="shop", limit=1, offset=1)
        read = await read_threads(session, [page.items[2].id, uuid4()])
        none = await read_threads(session, [])
    assert [(found.app, found.thread.external_id) for found in page.items] == [
        ("bank", "t0"), ("shop", "t0"), ("shop", "t1"),
    ]  # fmt: skip
    assert ([found.thread.external_id for found in of_one.items], of_one.total) == (["t1"], 2)
    assert list(read.values()) == [page.items[2]]
    assert (page.items[2].message_count, page.items[2].content_hash) == (2, make_thread("t1").content_hash)
    assert none == {}


async def test_intents_and_query_types_of_a_run_are_counted(database: Database) -> None:
    run_id, other = await add_run(database), await add_run(database)
    await add_threads(database, [FULL, make_thread("plain")], run_id)
    async with database.session() as session:
        assert await intents_of_run(session, run_id) == {"track": 2, "refund": 1}
        assert await query_types_of_run(session, run_id) == ["parcel"]
        assert await intents_of_run(session, other) == {}
        assert await query_types_of_run(session, other) == []
