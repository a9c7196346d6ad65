"""The taxonomy: read from YAML, JSON or CSV, or taken from the data; what is wrong is named by file and line."""

import re
from pathlib import Path

import pytest

from tasks.evaluators.base import Intent
from tasks.evaluators.options.options_file import OptionsError
from tasks.evaluators.options.taxonomy import read_taxonomy, taxonomy_from

WANTED = (Intent(name="track", description="Where is it?"), Intent(name="010"), Intent(name="\u4f60\u597d \U0001f600"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "a.yaml",
            "- name: track\n  description: Where is it?\n- 010\n- name: '\u4f60\u597d \U0001f600'\n  description:\n",
        ),
        ("a.yml", "\ufeff- {name: track, description: 'Where is it?'}\n- name: 010\n- \u4f60\u597d \U0001f600\n"),
        (
            "a.json",
            '[\n\t{"name": "track", "description": "Where is it?"},\n\t"010", '
            '{"name": "\\u4f60\\u597d \\ud83d\\ude00", "description": null}]',
        ),
        ("A.CSV", "\ufeffname,description\r\ntrack,Where is it?\r\n010,\r\n\u4f60\u597d \U0001f600\r\n"),
        ("b.csv", 'description,name\n"Where is it?",track\n,010\n,"\u4f60\u597d \U0001f600"\n'),
    ],
)
def test_a_file_is_read_whatever_its_kind(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    assert read_taxonomy(path) == WANTED
    assert read_taxonomy(str(path)) == WANTED


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.yaml",
            "- track\n- refund\n- Track\n",
            "a.yaml: line 3: intent 'Track' is there already (line 1); remove one",
        ),
        ("a.yaml", "- name: a\n- naem: b\n", "a.yaml: line 2: unknown key 'naem'; known are name, description"),
        ("a.yaml", "- description: b\n", "a.yaml: line 1: an intent without a name; write name and description"),
        ("a.yaml", "- name: a\n  name: b\n", "a.yaml: line 2: 'name' stands twice in one entry; remove one"),
        ("a.yaml", "- name: [a]\n", "a.yaml: line 1: a list or mapping where a text belongs"),
        ("a.yaml", "- - a\n", "a.yaml: line 1: a list or mapping where a text belongs"),
        ("a.yaml", "name: a\n", "a.yaml: line 1: not a list; begin each entry with '- '"),
        ("a.yaml", "- 'a\n", "a.yaml: line 2: not YAML"),
        ("a.yaml", "", "a.yaml: holds no entry"),
        ("a.yaml", "[]", "a.yaml: holds no entry"),
        ("a.json", '[\n"a",\n]', "a.json: line 3: not JSON"),
        ("a.json", '[\n{"name": "a", "id": "x"}]', "a.json: line 2: unknown key 'id'"),
        ("a.json", '{"a": "b"}', "a.json: line 1: not a list"),
        ("a.csv", "name,description\na,b\nA,c\n", "a.csv: line 3: intent 'A' is there already (line 2); remove one"),
        ("a.csv", "name,description\na,b,c\n", "a.csv: line 2: unknown key '(a column without a name)'"),
        ("a.csv", "intent\na\n", "a.csv: line 2: unknown key 'intent'; known are name, description"),
        ("a.csv", 'name\n"a\n', "a.csv: after line 1: unexpected end of data; check the quotes"),
        ("a.csv", "name\n", "a.csv: holds no entry"),
        ("a.txt", "a\n", "a.txt: unknown ending '.txt'; name it .yaml, .yml, .json, .csv"),
        ("a.yaml", "- caf\udce9\n", "a.yaml: line 1: byte 5 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(OptionsError, match=re.escape(message)):
        read_taxonomy(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match=r"nowhere\.yaml: cannot be read: No such file"):
        read_taxonomy(tmp_path / "nowhere.yaml")


def test_the_intents_of_the_data_come_by_frequency_each_in_its_usual_spelling() -> None:
    counts = {"Track Parcel": 3, "track_parcel": 5, "refund": 5, " ": 9, "abroad": 1}
    assert taxonomy_from(counts) == (Intent(name="refund"), Intent(name="track_parcel"), Intent(name="abroad"))


def test_data_without_intents_has_no_taxonomy() -> None:
    assert taxonomy_from({}) == ()


def test_more_intents_than_a_judge_can_choose_from_are_refused() -> None:
    with pytest.raises(OptionsError, match="the data: 1001 intents are more than"):
        taxonomy_from({f"intent {number}": 1 for number in range(1_001)})
