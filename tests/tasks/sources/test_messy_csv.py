"""CSV files as they come: delimiters, quotes, ragged rows, headers, line numbers."""

import pytest

from tasks.sources.base import SourceError
from tests.tasks.sources.conftest import Loader

HEADER = "thread_id,role,text\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(load: Loader, delimiter: str) -> None:
    loaded = load("a.csv", "thread_id,role,text\n1,user,hello\n1,bot,hi\n".replace(",", delimiter))
    assert loaded.texts == {"1": ["hello", "hi"]}
    assert loaded.report.recognised[0].delimiter == delimiter


def test_commas_in_the_texts_of_a_semicolon_file_do_not_mislead(load: Loader) -> None:
    assert load("a.csv", "thread_id;role;text\n1;user;a, b, c, d\n").texts == {"1": ["a, b, c, d"]}


def test_the_delimiter_that_excel_names_in_a_first_line_is_used(load: Loader) -> None:
    assert load("a.csv", "sep=;\nthread_id;role;text\n1;user;hello\n").texts == {"1": ["hello"]}


def test_a_cell_may_hold_line_breaks_and_quotes_and_line_numbers_stay_true(load: Loader) -> None:
    loaded = load("a.csv", HEADER + '1,user,"one\ntwo ""three"""\n1,alien,x\n')
    assert loaded.texts == {"1": ['one\ntwo "three"']}
    assert loaded.bad == [
        f"{load.folder}/a.csv:4: column 'role': value 'alien': "
        "not a known speaker; say who it is, --columns role.alien=user (or assistant, system, tool)"
    ]


def test_line_numbers_are_true_with_old_and_with_windows_line_ends(load: Loader) -> None:
    text = HEADER + '1,user,hi\n1,bot,"a\nb"\n1,alien,x\n'
    for ending in ("\r\n", "\r"):
        assert load("a.csv", text.replace("\n", ending)).report.first_bad_rows[0].line == 5


@pytest.mark.parametrize(("row", "cells"), [("1,user", 2), ("1,user,a,b", 4)])
def test_a_ragged_row_is_a_bad_row(load: Loader, row: str, cells: int) -> None:
    loaded = load("a.csv", f"{HEADER}{row}\n1,user,fine\n")
    assert loaded.texts == {"1": ["fine"]}
    assert f"a.csv:2: {cells} cells where the header has 3" in loaded.bad[0]


def test_blank_cells_beyond_the_header_and_blank_lines_do_no_harm(load: Loader) -> None:
    loaded = load("a.csv", f"{HEADER}\n1,user,fine,,\n\n  \n1,bot,good\n")
    assert loaded.texts == {"1": ["fine", "good"]}
    assert loaded.bad == []


def test_a_quote_never_closed_costs_one_row(load: Loader) -> None:
    loaded = load("a.csv", HEADER + '1,user,"open\n1,user,two\n1,bot,three\n')
    assert loaded.texts == {"1": ["two", "three"]}
    assert "a.csv:2: a quote that is opened in this row is never closed" in loaded.bad[0]


def test_a_quote_not_doubled_costs_one_row(load: Loader) -> None:
    loaded = load("a.csv", HEADER + '1,user,"he said "hi" twice"\n1,user,two\n')
    assert loaded.texts == {"1": ["two"]}
    assert "a.csv:2: a quote inside a quoted cell is not doubled" in loaded.bad[0]


def test_a_cell_of_150_kilobytes_is_read_whole(load: Loader) -> None:
    cell = "word \n" * 25_000
    assert load("a.csv", f'{HEADER}1,user,"{cell}"\n').threads[0].messages[0].text == cell


@pytest.mark.parametrize("first", ["1,user,hi there", "c1,user,hello", "hello there,greeting", "user,c1,hi"])
def test_a_file_without_a_header_asks_for_columns_by_number(load: Loader, first: str) -> None:
    with pytest.raises(SourceError, match=r"a\.csv:1: the first line .* is no header .* --columns text=1"):
        load("a.csv", f"{first}\n{first}\n")


def test_columns_named_by_number_read_a_file_without_a_header(load: Loader) -> None:
    loaded = load("a.csv", "1,user,hi\n1,bot,hello\n", columns="thread_id=1,role=2,text=3")
    assert loaded.texts == {"1": ["hi", "hello"]}
    assert loaded.roles == ["user", "assistant"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (HEADER, "nothing to evaluate: the file has no rows"),
        ("", "the file is empty"),
        ("\n\n", "the file holds no line of text"),
        (HEADER + "1,alien,x\n", "none of 1 rows can be used; the first: "),
        ('thread_id,"role"x,text\n1,user,a\n', "a.csv:1: the header line cannot be read"),
        ("thread_id,role\n1,user\n", "no column is known as the text of messages; there are: 'thread_id', 'role'"),
    ],
)
def test_a_file_with_nothing_to_evaluate_is_unusable(load: Loader, content: str, problem: str) -> None:
    with pytest.raises(SourceError) as raised:
        load("a.csv", content)
    assert problem in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_header_in_the_middle_of_a_file_is_a_bad_row(load: Loader) -> None:
    loaded = load("a.csv", "query,reply\na,b\nquery,reply\nc,d\n")
    assert loaded.texts == {"a.csv:1": ["a", "b"], "a.csv:3": ["c", "d"]}
    assert "a.csv:3: the header line once more" in loaded.bad[0]


def test_strict_stops_at_the_first_bad_row(load: Loader) -> None:
    with pytest.raises(SourceError, match=r"a\.csv:3: 2 cells where the header has 3"):
        load("a.csv", f"{HEADER}1,user,a\n1,user\n1,alien,c\n", strict=True)


def test_unknown_columns_are_kept_as_metadata(load: Loader) -> None:
    loaded = load("a.csv", "thread_id,role,text,channel,mood\n1,user,hi,web,\n")
    assert loaded.threads[0].messages[0].metadata == {"channel": "web"}
    assert loaded.report.recognised[0].metadata == ("channel", "mood")


def test_the_texts_null_and_nan_and_blank_texts_are_kept(load: Loader) -> None:
    loaded = load("a.csv", HEADER + "null,user,null\nnull,bot,NaN\nnull,user,\n")
    assert loaded.texts == {"null": ["null", "NaN", ""]}


def test_a_row_without_a_thread_id_is_a_bad_row(load: Loader) -> None:
    loaded = load("a.csv", HEADER + ",user,lost\n1,user,hi\n")
    assert loaded.texts == {"1": ["hi"]}
    assert "a.csv:2: column 'thread_id': value '': no thread id" in loaded.bad[0]
