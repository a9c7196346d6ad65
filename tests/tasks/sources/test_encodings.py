"""The encodings files come in, and the characters a database cannot hold."""

import pytest

from tasks.sources.base import SourceError
from tests.tasks.sources.conftest import Loader

HEADER = "thread_id,role,text\n"
WESTERN = "Caf\u00e9 na\u00efve \u201cquoted\u201d \u20ac5 Gr\u00fc\u00dfe"
CHINESE = "\u4f60\u597d\uff0c\u6211\u60f3\u9000\u8d27\u3002"
RUSSIAN = "\u041f\u0440\u0438\u0432\u0435\u0442 \u043a\u0430\u043a \u0434\u0435\u043b\u0430"


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (WESTERN, "utf-8", "utf-8"),
        (WESTERN, "utf-8-sig", "utf-8-sig"),
        (WESTERN, "utf-16", "utf-16"),
        (WESTERN, "utf-16-le", "utf-16-le"),
        (CHINESE, "utf-16-be", "utf-16-be"),
        (CHINESE, "utf-32", "utf-32"),
        (WESTERN, "cp1252", "cp1252"),
        ("Gr\u00fc\u00dfe", "cp1252", "cp1252"),
        ("\u00e0 \u00e9t\u00e9", "cp1252", "cp1252"),
        (CHINESE, "gb18030", "gb18030"),
        ("iPhone\u624b\u673a\u574f\u4e86\uff0c\u600e\u4e48\u529e", "gb18030", "gb18030"),
        (RUSSIAN, "cp1251", "cp1251"),
    ],
)
def test_the_encoding_is_found(load: Loader, text: str, encoding: str, found: str) -> None:
    loaded = load("a.csv", f"{HEADER}1,user,{text}\n1,bot,ok\n".encode(encoding))
    assert loaded.texts == {"1": [text, "ok"]}
    assert loaded.report.recognised[0].encoding == found


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "gb18030"])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_json_is_read_in_other_encodings_too(load: Loader, encoding: str, name: str) -> None:
    text = CHINESE if encoding == "gb18030" else WESTERN
    record = '{"id": "1", "messages": [{"role": "user", "content": "' + text + '"}]}\n'
    assert load(name, record.encode(encoding)).texts == {"1": [text]}


def test_accents_that_come_only_after_megabytes_are_seen(load: Loader) -> None:
    rows = "".join(f"{number},user,{'x' * 1000}\n" for number in range(1500))
    loaded = load("a.csv", f"{HEADER}{rows}last,user,{WESTERN}\n".encode("cp1252"))
    assert loaded.texts["last"] == [WESTERN]


def test_a_stray_byte_in_utf_8_is_replaced_counted_and_named(load: Loader) -> None:
    content = f"{HEADER}1,user,{CHINESE}\n".encode() + b"1,bot,bad \xff here\n"
    loaded = load("a.csv", content)
    assert loaded.texts == {"1": [CHINESE, "bad \ufffd here"]}
    assert loaded.report.replaced_characters == 1
    assert "first in line 3" in loaded.report.recognised[0].notes[0]


def test_a_stray_byte_stops_a_strict_reading_at_its_line(load: Loader) -> None:
    content = f"{HEADER}1,user,{CHINESE}\n".encode() + b"1,bot,bad \xff here\n"
    with pytest.raises(SourceError, match=r"a\.csv:3: not valid utf-8.*encoding:=NAME"):
        load("a.csv", content, strict=True)


def test_an_encoding_can_be_named(load: Loader) -> None:
    content = f"{HEADER}1,user,{RUSSIAN}\n".encode("koi8-r")
    assert load("a.csv", content, columns="encoding:=koi8-r").texts == {"1": [RUSSIAN]}
    with pytest.raises(SourceError, match="encoding 'klingon' is not known"):
        load("a.csv", content, columns="encoding:=klingon")


def test_nul_characters_become_replacement_characters_and_are_counted(load: Loader) -> None:
    for name, content in (
        ("a.csv", HEADER + "1,user,a\0b\n"),
        ("a.jsonl", '{"thread_id": "1", "role": "user", "text": "a\\u0000b"}'),
        ("a.json", '[{"thread_id": "1", "role": "user", "text": "a\0b"}]'),
    ):
        loaded = load(name, content)
        assert loaded.texts == {"1": ["a\ufffdb"]}
        assert loaded.report.replaced_characters == 1


def test_lone_surrogates_become_replacement_characters_and_pairs_stay(load: Loader) -> None:
    loaded = load("a.jsonl", '{"id": "1", "messages": [{"role": "user", "content": "\\ud83d \\ud83d\\ude00 \\ude00"}]}')
    assert loaded.texts == {"1": ["\ufffd \U0001f600 \ufffd"]}
    assert loaded.report.replaced_characters == 2
