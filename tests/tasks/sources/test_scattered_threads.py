"""Threads whose rows are scattered, in one file or over several; ids that repeat."""

import csv
import io
import random

import pytest

from tasks.sources.grouping.id_table import IdTable
from tasks.sources.grouping.row_spool import RowSpool
from tasks.sources.shapes.pieces import Piece
from tests.tasks.sources.conftest import Loader

HEADER = "thread_id,index,role,text\n"


def rows(threads: int, messages: int) -> list[list[object]]:
    return [
        [f"t{thread}", index, ("user", "bot")[index % 2], f"text {index} of {thread}\n" * (1 + (thread * index) % 7)]
        for thread in range(threads)
        for index in range(messages)
    ]


def as_csv(lines: list[list[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER.strip().split(","), *lines])
    return text.getvalue()


@pytest.mark.parametrize("seed", range(5))
def test_scattered_rows_give_the_threads_of_contiguous_ones(
    load: Loader, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.sources.grouping.row_spool.RUN_BYTES", 3000)
    monkeypatch.setattr("tasks.sources.grouping.row_spool.MOST_RUNS", 4)
    contiguous = rows(40, 8)
    scattered = random.Random(seed).sample(contiguous, len(contiguous))
    one, other = load("a.csv", as_csv(contiguous)), load("b.csv", as_csv(scattered))
    assert {thread.external_id: thread for thread in one.threads} == {t.external_id: t for t in other.threads}
    assert one.ids == [f"t{number}" for number in range(40)]
    assert other.ids == list(dict.fromkeys(str(row[0]) for row in scattered))


def test_run_files_are_merged_and_removed(load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.sources.grouping.row_spool.RUN_BYTES", 1)
    monkeypatch.setattr("tasks.sources.grouping.row_spool.MOST_RUNS", 3)
    spool = RowSpool(load.folder)
    for number in range(50):
        spool.add(f"t{number % 7}", 0, Piece(number, None, [{"role": "user", "text": str(number)}], {}))
        assert len(list(load.folder.iterdir())) <= 8  # two of each size
    groups = list(spool.groups())
    assert [fragments[0][0] for fragments in groups] == [f"t{number}" for number in range(7)]
    assert [piece.place for _, _, pieces in groups[3] for piece in pieces] == [3, 10, 17, 24, 31, 38, 45]


def test_threads_interleaved_row_by_row_are_kept_apart(load: Loader) -> None:
    loaded = load("a.csv", HEADER + "1,1,user,a\n2,1,user,x\n1,2,bot,b\n2,2,bot,y\n")
    assert loaded.texts == {"1": ["a", "b"], "2": ["x", "y"]}
    assert loaded.report.duplicate_ids == 0


def test_a_thread_of_1500_messages_is_whole(load: Loader) -> None:
    lines = rows(1, 1500)
    loaded = load("a.csv", as_csv(lines[::-1]))
    assert len(loaded.threads[0].messages) == 1500
    assert loaded.threads[0].messages[1499].text == lines[-1][3]


def test_a_thread_that_goes_on_in_the_next_file_is_one(load: Loader) -> None:
    load.write("d/1.csv", HEADER + "1,1,user,a\n2,1,user,x\n")
    load.write("d/2.csv", HEADER + "1,2,bot,b\n3,1,user,z\n")
    loaded = load.read(load.folder / "d")
    assert loaded.texts == {"1": ["a", "b"], "2": ["x"], "3": ["z"]}
    assert (loaded.report.continued, loaded.report.duplicate_ids) == (1, 0)


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("thread_id,index,role,text", "1,1,user,a", "1,1,user,b"),
        ("thread_id,role,text", "1,user,a", "1,user,b"),
        ("thread_id,index,user_id,role,text", "1,1,anna,user,a", "1,2,bert,user,b"),
    ],
    ids=["the index starts again", "neither index nor time", "another user"],
)
def test_what_cannot_go_on_a_thread_of_an_earlier_file_is_another_thread(
    load: Loader, header: str, first: str, second: str
) -> None:
    load.write("d/1.csv", f"{header}\n{first}\n")
    load.write("d/2.csv", f"{header}\n{second}\n")
    loaded = load.read(load.folder / "d")
    assert loaded.texts == {"1": ["a"], "1#2": ["b"]}
    assert loaded.report.duplicate_examples == ["1#2"]


def test_ids_that_repeat_among_records_are_made_unique_and_reported(load: Loader) -> None:
    line = '{{"id": "{}", "messages": [{{"role": "user", "content": "{}"}}]}}\n'
    content = "".join(line.format(*pair) for pair in (("1", "a"), ("1#2", "b"), ("1", "a"), ("1", "c"), ("2", "d")))
    loaded = load("a.jsonl", content)
    assert loaded.texts == {"1": ["a"], "1#2": ["b"], "1#3": ["a"], "1#4": ["c"], "2": ["d"]}
    assert loaded.report.duplicate_ids == 2


def test_ids_that_repeat_across_files_of_records_are_made_unique(load: Loader) -> None:
    record = '[{"id": "1", "messages": [{"role": "user", "content": "a"}]}]'
    load.write("d/1.json", record)
    load.write("d/2.json", record)
    load.write("d/3.csv", HEADER + "1,1,user,a\n")
    loaded = load.read(load.folder / "d")
    assert loaded.ids == ["1", "1#2", "1#3"]
    assert loaded.report.duplicate_ids == 2


def test_ids_are_numbered_in_order_of_first_appearance() -> None:
    table = IdTable()
    names = [f"id {number}" for number in range(20_000)]
    assert [table.number(name) for name in names] == list(range(20_000))
    assert [table.number(name) for name in reversed(names)] == list(reversed(range(20_000)))
    assert table.add("new")
    assert not table.add("id 7")
    assert len(table) == 20_001
