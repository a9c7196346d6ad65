"""Sources as a whole: files, folders, globs, queries, Parquet; hashes and previews."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tasks.sources.base import LoadReport, SourceError
from tasks.sources.preview import preview
from tasks.sources.read import hash_files, read_threads, threads_from_rows
from tests.tasks.sources.conftest import Loader

CSV = "thread_id,role,text\n1,user,a\n"
JSONL = '{"id": "2", "messages": [{"role": "user", "content": "b"}]}\n'


def test_a_folder_is_searched_through_and_files_of_other_kinds_passed_over(load: Loader) -> None:
    load.write("d/b.csv", CSV)
    load.write("d/a/deep.jsonl", JSONL)
    load.write("d/notes.md", "# notes")
    load.write("d/.hidden/x.csv", CSV)
    load.write("d/_SUCCESS.json", "")
    assert load.read(load.folder / "d").texts == {"2": ["b"], "1": ["a"]}


def test_a_glob_takes_what_it_matches(load: Loader) -> None:
    for name in ("a1.csv", "a2.csv", "b.csv"):
        load.write(name, CSV.replace("1,", f"{name},"))
    assert load.read(load.folder / "a*.csv").ids == ["a1.csv", "a2.csv"]


def test_made_up_ids_name_the_file_within_the_folder(load: Loader) -> None:
    load.write("d/x/a.csv", "text\nhello\n")
    load.write("d/y/a.csv", "text\nhello\n")
    assert load.read(load.folder / "d").ids == ["x/a.csv:1", "y/a.csv:1"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.xlsx", b"PK\x03\x04rest", "is a zip archive or an Excel workbook"),
        ("a.csv.gz", b"\x1f\x8brest", "is compressed with gzip: unpack it first"),
        ("a.parquet", b"thread_id", "is not a Parquet file"),
        ("b.parquet", b"PAR1 and then nothing of the kind PAR1", "not a readable Parquet file"),
    ],
)
def test_files_of_another_kind_are_named(load: Loader, name: str, content: bytes, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        load(name, content)


@pytest.mark.parametrize("source", ["absent.csv", "absent/*.csv", "empty"])
def test_a_source_that_is_not_there_is_unusable(load: Loader, source: str) -> None:
    (load.folder / "empty").mkdir()
    with pytest.raises(SourceError, match=r"no such file or folder|no file found"):
        load.read(load.folder / source)


def test_a_text_of_unknown_suffix_is_read_by_its_first_character(load: Loader) -> None:
    assert load("a.log", JSONL).ids == ["2"]
    assert load("a.txt", CSV).ids == ["1"]


def write_parquet(folder: Path, columns: dict[str, list[object]]) -> None:
    parquet.write_table(pa.table(columns), folder / "a.parquet")  # pyright: ignore[reportUnknownMemberType]


def test_parquet_is_read_with_its_types(load: Loader) -> None:
    when = datetime(2024, 5, 31, 12, tzinfo=UTC)
    columns: dict[str, list[object]] = {
        "thread_id": [7, 7],
        "role": ["user", "bot"],
        "text": ["a\0", None],
        "created_at": [when, when],
    }
    write_parquet(load.folder, {**columns, "score": [Decimal("1.5"), None]})
    loaded = load.read(load.folder / "a.parquet")
    assert loaded.texts == {"7": ["a\ufffd", ""]}
    assert loaded.threads[0].created_at == when
    assert loaded.threads[0].messages[0].metadata == {"score": "1.5"}
    assert loaded.report.recognised[0].format == "parquet"


def test_parquet_may_hold_whole_conversations(load: Loader) -> None:
    messages: list[object] = [[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]]
    write_parquet(load.folder, {"id": ["1"], "messages": messages})
    assert load.read(load.folder / "a.parquet").texts == {"1": ["a", "b"]}


def test_a_bad_row_of_parquet_is_named_by_its_number(load: Loader) -> None:
    write_parquet(load.folder, {"thread_id": ["1", "1"], "role": ["user", "alien"], "text": ["a", "b"]})
    assert "a.parquet:2: column 'role': value 'alien'" in load.read(load.folder / "a.parquet").bad[0]


def test_rows_of_a_query_are_recognised_as_those_of_a_file() -> None:
    def rows() -> Iterator[dict[str, object]]:
        when = datetime(2024, 5, 31, 12, tzinfo=UTC)
        yield {"session_id": Decimal(5), "sent_at": when, "sender": "customer", "body": "a", "tags": ["x"]}
        yield {"session_id": Decimal(5), "sent_at": when, "sender": "alien", "body": "b", "tags": None}

    report = LoadReport()
    (thread,) = threads_from_rows(rows(), "SHOP_DB", report=report)
    assert (thread.external_id, thread.messages[0].text) == ("5", "a")
    assert thread.messages[0].metadata == {"tags": ["x"]}
    assert str(report.first_bad_rows[0]).startswith("SHOP_DB:2: column 'sender': value 'alien'")
    assert (report.threads, report.files) == (1, {})


def test_a_query_without_rows_is_unusable() -> None:
    with pytest.raises(SourceError, match="SHOP_DB: nothing to evaluate"):
        list(threads_from_rows([], "SHOP_DB", report=LoadReport()))


def test_hashes_are_those_of_the_files_read(load: Loader) -> None:
    path = load.write("a.csv", CSV)
    digest = hashlib.sha256(CSV.encode()).hexdigest()
    assert load.read(path).report.files == hash_files(str(path)) == {str(path): digest}
    load.write("a.csv", CSV + "1,bot,b\n")
    assert hash_files(str(path)) != {str(path): digest}


def test_nothing_temporary_is_left_behind(
    load: Loader, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    path = load.write("a.csv", CSV + "2,user,b\n")
    load.read(path, sample=1)
    unfinished = read_threads(str(path), report=LoadReport())
    next(unfinished)
    assert list(temporary.iterdir())
    unfinished.close()  # type: ignore[attr-defined]
    assert not list(temporary.iterdir())


def test_a_preview_says_what_is_in_a_source(load: Loader) -> None:
    path = load.write(
        "a.csv",
        "thread_id,user_id,role,text,timestamp,intent,detected_intent,channel\n"
        "1,u,user,a,2024-01-01,x,x,web\n1,u,bot,b,2024-01-02,,,web\n2,v,user,c,2024-01-03,x,y,web\n2,v,alien,d,,,,\n",
    )
    seen = preview(str(path))
    assert (seen.threads, seen.messages, seen.users, seen.bad_rows) == (2, 3, 2, 1)
    assert seen.roles == {"user": 2, "assistant": 1}
    assert (seen.first, seen.last) == (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC))
    assert seen.expected_intents == {"x": 2}
    assert seen.recorded_intents == {"x": 1, "y": 1}
    assert seen.recognised[0].columns["created_at"] == "timestamp"
    assert seen.recognised[0].metadata == ("channel",)


def test_reading_is_lazy_and_order_is_that_of_the_file(load: Loader) -> None:
    path = load.write("a.jsonl", "".join(JSONL.replace('"2"', f'"{number}"') for number in range(500)) + "not json\n")
    report = LoadReport()
    threads = read_threads(str(path), report=report)
    assert [next(threads).external_id for _ in range(3)] == ["0", "1", "2"]
    assert report.bad_rows == 0
    assert len(list(threads)) == 497
    assert report.bad_rows == 1


def test_bad_rows_are_all_counted_and_the_first_hundred_kept(load: Loader) -> None:
    loaded = load("a.csv", CSV + "1,alien,x\n" * 150)
    assert (loaded.report.bad_rows, len(loaded.report.first_bad_rows)) == (150, 100)


def test_a_long_value_is_shortened_in_a_bad_row(load: Loader) -> None:
    line = load("a.csv", CSV + f"1,{'alien ' * 1000},x\n").bad[0]
    assert "..." in line
    assert len(line.removeprefix(str(load.folder))) < 300


def test_a_file_of_messages_without_ids_is_not_taken_for_one_endless_thread(
    load: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.sources.read.LONGEST_THREAD", 10)
    with pytest.raises(SourceError, match=r"a\.csv:12: no column is known as thread id.*thread_id=COLUMN"):
        load("a.csv", "role,text\n" + "user,a\n" * 11)


def test_a_path_relative_to_the_working_directory_is_kept_as_written(
    load: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    load.write("a.csv", CSV)
    monkeypatch.chdir(load.folder)
    assert list(hash_files("a.csv")) == ["a.csv"]
    assert Path("a.csv").exists()
