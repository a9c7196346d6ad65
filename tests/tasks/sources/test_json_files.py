"""JSON and JSONL as they come: cut off, wrapped, pretty-printed, with NaN; streamed."""

import json

import pytest

from tasks.sources.base import SourceError
from tasks.sources.formats.json_stream import JsonStream
from tasks.sources.formats.texts import Text
from tests.tasks.sources.conftest import Loader


def record(name: str, text: str = "hi") -> str:
    return json.dumps({"id": name, "messages": [{"role": "user", "content": text}]})


def test_a_cut_off_last_line_of_jsonl_is_a_bad_row(load: Loader) -> None:
    loaded = load("a.jsonl", record("1") + "\n" + record("2")[:-9])
    assert loaded.ids == ["1"]
    assert "a.jsonl:2: not valid JSON" in loaded.bad[0]
    assert "its last line is cut off" in loaded.bad[0]


@pytest.mark.parametrize("keep", range(3, 90, 7))
def test_a_cut_off_array_is_unusable_wherever_it_ends(load: Loader, keep: int) -> None:
    whole = f"[\n{record('1')},\n{record('2')}\n]"
    with pytest.raises(SourceError, match=r"a\.json: line [1-3], column \d+: .*cut off"):
        load("a.json", whole[:keep])


def test_an_error_in_an_array_is_named_with_line_and_column(load: Loader) -> None:
    with pytest.raises(SourceError, match=r"a\.json: line 2, column 3: not valid JSON: , or \] expected, found '\{'"):
        load("a.json", f"[{record('1')}\n  {record('2')}]")


@pytest.mark.parametrize(
    "content",
    [
        f"[{record('1')}, {record('2')}]",
        f"{record('1')}\n{record('2')}\n",
        f'{{"version": 3, "data": [{record("1")}, {record("2")}], "more": {{"a": []}}}}',
        f'\n\n {{"threads": [\n{record("1")},\n{record("2")}\n]}}',
    ],
    ids=["array", "one after another", "wrapped", "wrapped and pretty"],
)
def test_records_are_found_in_an_array_in_a_wrapper_and_one_after_another(load: Loader, content: str) -> None:
    assert load("a.json", content).texts == {"1": ["hi"], "2": ["hi"]}


def test_a_file_that_is_one_record_is_one_thread(load: Loader) -> None:
    loaded = load(
        "talk.json", '{"history": [{"role": "user", "content": "a"}, {"role": "bot", "content": "b"}], "x": 1}'
    )
    assert loaded.texts == {"talk.json:1": ["a", "b"]}
    assert loaded.threads[0].metadata == {"x": 1}


def test_an_array_of_messages_without_thread_ids_is_one_thread(load: Loader) -> None:
    assert load("talk.json", '[["agent", "hello"], ["customer", "hi"]]').texts == {"talk.json": ["hello", "hi"]}


def test_an_array_of_conversations_has_ids_made_of_file_and_row(load: Loader) -> None:
    loaded = load("a.json", '[[{"role": "user", "content": "a"}], [["user", "b"], ["bot", "c"]]]')
    assert loaded.texts == {"a.json:1": ["a"], "a.json:2": ["b", "c"]}


def test_pretty_printed_json_named_jsonl_is_read(load: Loader) -> None:
    assert load("a.jsonl", json.dumps([json.loads(record("1"))], indent=2)).ids == ["1"]


def test_nan_is_null_and_infinity_a_text(load: Loader) -> None:
    loaded = load("a.jsonl", '{"id": 1, "x": NaN, "y": -Infinity, "messages": [{"role": "user", "content": "a"}]}')
    assert loaded.threads[0].metadata == {"y": "-Infinity"}


def test_numbers_beyond_64_bits_lose_no_digit(load: Loader) -> None:
    number = "123456789012345678901234567890"
    loaded = load("a.json", f'[{{"id": {number}, "n": {number}, "messages": [{{"role": "user", "content": "a"}}]}}]')
    assert loaded.ids == [number]
    assert loaded.threads[0].metadata == {"n": number}
    assert loaded.threads[0].content_hash


def test_what_is_nested_too_deep_is_a_bad_row(load: Loader) -> None:
    deep = '{"id": "1", "x": ' + "[" * 100 + "]" * 100 + ', "messages": [{"role": "user", "content": "a"}]}'
    loaded = load("a.jsonl", "[" * 100_000 + f"\n{deep}\n{record('2')}\n")
    assert loaded.ids == ["2"]
    assert [bad.line for bad in loaded.report.first_bad_rows] == [1, 2]


@pytest.mark.parametrize("value", ["17", '"text"', "null", "[]", '{"id": "x", "messages": []}'])
def test_a_value_that_is_no_record_is_a_bad_row(load: Loader, value: str) -> None:
    loaded = load("a.json", f"[{record('1')},\n{value}]")
    assert loaded.ids == ["1"]
    assert loaded.report.first_bad_rows[0].line == 2


@pytest.mark.parametrize("content", ["[]", "  \n ", "{}"])
def test_json_without_a_record_is_unusable(load: Loader, content: str) -> None:
    with pytest.raises(SourceError):
        load("a.json", content)


def test_a_message_that_cannot_be_used_is_named_with_its_place(load: Loader) -> None:
    bad = '{"id": "2", "messages": [{"role": "user", "content": "a"}, {"role": "alien", "content": "b"}]}'
    loaded = load("a.jsonl", f"{record('1')}\n{bad}\n")
    assert loaded.ids == ["1"]
    assert "a.jsonl:2: column 'messages[1].role': value 'alien': not a known speaker" in loaded.bad[0]


def test_values_cut_by_the_edges_of_chunks_are_read_whole(load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    values: list[object] = [12345, 'a \\ " \u00e9', [1.5e10, True, None, {"k": [{}]}], "x" * 50, -7]
    path = load.write("a.json", json.dumps(values, indent=1))
    for characters in range(1, 12):
        monkeypatch.setattr("tasks.sources.formats.texts.CHUNK_CHARACTERS", characters)
        stream = JsonStream(Text(str(path), "utf-8", lambda _: None))
        stream.take("[")
        assert [value for value in stream.elements()] == values
        assert stream.look() == ""
