"""Tables of the command line: what is left out and cut when a terminal is narrow."""

import io

import pytest
from rich.console import Console

from deployments.cli.tables import print_table

COLUMNS = ("run", "status", "seconds", "name", "flow")
ROWS = [
    {"run": "0" * 36, "status": "completed", "seconds": "2.5", "name": "[bold]shop.csv by rules", "flow": "evaluate"},
    {"run": "1" * 36, "status": "failed", "seconds": "131.0", "name": "bank.jsonl", "flow": "evaluate"},
]


def printed(width: int, rows: list[dict[str, str]]) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    print_table(console, rows, COLUMNS, spare=("seconds", "flow", "name"), numbers=("seconds",), stretch="name")
    file = console.file
    assert isinstance(file, io.StringIO)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_everything_is_shown_where_there_is_room() -> None:
    lines = printed(120, ROWS)
    assert lines[0].split() == list(COLUMNS)
    assert lines[1] == f"{'0' * 36}  completed      2.5  [bold]shop.csv by rules  evaluate"
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("width", "shown", "left_out"),
    [
        (79, "run status name flow", "seconds"),
        (65, "run status name", "seconds, flow"),
        (50, "run status", "seconds, flow, name"),
    ],
)
def test_columns_go_in_their_order_and_are_named(width: int, shown: str, left_out: str) -> None:
    lines = printed(width, ROWS)
    assert max(map(len, lines)) <= width
    assert lines[0].split() == shown.split()
    assert lines[3] == f"not shown in this width: {left_out}"
    assert [line.split()[0] for line in lines[1:3]] == ["0" * 36, "1" * 36]


def test_the_column_that_may_be_cut_is_cut_first() -> None:
    first = f"{'0' * 36}  completed  [bold]shop.cs\u2026  evaluate"
    assert printed(len(first), ROWS)[1] == first


def test_wide_characters_count_for_two() -> None:
    lines = printed(120, [ROWS[0] | {"name": "\u4f60\u597d"}, ROWS[1]])
    assert lines[1].endswith("evaluate")
