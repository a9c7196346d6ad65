"""Tables that fit: on a narrow terminal the least important columns are left out, and named."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, str]
GAP = 2
NARROWEST = 12


def print_table(
    console: Console,
    rows: Sequence[Row],
    columns: Sequence[str],
    *,
    spare: Sequence[str] = (),
    numbers: Sequence[str] = (),
    stretch: str | None = None,
) -> None:
    """Print one line per row.

    Args:
        console: Where to.
        rows: Cells by column.
        columns: The columns in their order.
        spare: Columns that may be left out, the first to go first.
        numbers: Columns set to the right.
        stretch: The column that is cut with an ellipsis before another one is left out.
    """
    shown, left_out = fitting(rows, columns, console.width, spare, stretch)
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for column in shown:
        most = room_for(column, rows, shown, console.width) if column == stretch else None
        justify = "right" if column in numbers else "left"
        table.add_column(column.replace("_", " "), justify=justify, no_wrap=True, overflow="ellipsis", max_width=most)
    for row in rows:
        table.add_row(*(Text(row.get(column, "")) for column in shown))
    console.print(table)
    if left_out:
        names = ", ".join(column.replace("_", " ") for column in left_out)
        console.print(Text(f"not shown in this width: {names}", style="dim"))


def fitting(
    rows: Sequence[Row], columns: Sequence[str], width: int, spare: Sequence[str], stretch: str | None
) -> tuple[list[str], list[str]]:
    """The columns that fit into the width, and those left out."""
    shown, left_out = list(columns), list[str]()
    for column in spare:
        needed = sum(NARROWEST if name == stretch else widest(name, rows) for name in shown) + GAP * (len(shown) - 1)
        if needed <= width:
            break
        shown.remove(column)
        left_out.append(column)
    return shown, left_out


def room_for(column: str, rows: Sequence[Row], shown: Sequence[str], width: int) -> int:
    """What the other columns leave to this one."""
    others = sum(widest(name, rows) + GAP for name in shown if name != column)
    return max(NARROWEST, width - others)


def widest(column: str, rows: Sequence[Row]) -> int:
    """Cells the column takes when nothing is cut."""
    return max(len(column), *(Text(row.get(column, "")).cell_len for row in rows), 0)
