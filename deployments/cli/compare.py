"""`evalflows runs compare`: what two runs differ by, how sure that is, and which items flipped."""

from typing import Annotated
from uuid import UUID

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt
from rich.console import Console
from rich.text import Text

from deployments.cli.console import make_console, print_json
from deployments.cli.execute import parse_run_id
from deployments.cli.exits import DONE, FAILED
from deployments.cli.session import with_database
from deployments.cli.tables import print_table
from storage.database import Database
from tasks.compare import compare_runs
from tasks.reports.comparison import CompareOptions, Comparison, Flip
from tasks.reports.comparison_words import (
    COLUMNS,
    NUMBERS,
    SPARE,
    difference_row,
    flip_line,
    heading,
    meanings,
    more_flips,
)
from tasks.reports.words import visible


def compare(
    before: str,
    after: str,
    /,
    *,
    metrics: Annotated[list[str], Parameter(consume_multiple=True)] = [],  # noqa: B006 cyclopts makes a new one
    across_snapshots: bool = False,
    across_versions: bool = False,
    alpha: float = 0.05,
    flips: NonNegativeInt = 20,
    fail_on_regression: bool = False,
    json: bool = False,
) -> int:
    """Compare two runs over the same items: differences with intervals, a test, and the items that flipped.

    Args:
        before: The run that came first, as `evalflows runs list` names it.
        after: The run to compare with it.
        metrics: Only these; fewer metrics see smaller differences.
        across_snapshots: Compare runs over different items too: unpaired, each over all its items.
        across_versions: Compare runs by different judges, versions or options too.
        alpha: How often at most a difference may be called significant where there is none.
        flips: Most flipped items to list; 0 means all.
        fail_on_regression: Exit with 1 when a metric got significantly worse.
        json: Print one JSON object instead of tables.
    """
    options = CompareOptions(
        across_snapshots=across_snapshots,
        across_versions=across_versions,
        alpha=alpha,
        metrics=tuple(metrics),
        flips=flips,
    )
    runs: tuple[UUID, UUID] = parse_run_id(before), parse_run_id(after)

    async def work(database: Database) -> Comparison:
        return await compare_runs(database, *runs, options)

    comparison = with_database(work)
    if json:
        print_json([comparison])
    else:
        print_comparison(comparison, make_console())
    return FAILED if fail_on_regression and comparison.regressions else DONE


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print the table, what must be known about it, and the flips."""
    console.print(Text(f"\n{heading(comparison)}", style="bold"))
    console.print(Text(f"before {comparison.before}\nafter  {comparison.after}\n"))
    rows = [difference_row(metric) for metric in comparison.metrics.values()]
    print_table(console, rows, COLUMNS, spare=SPARE, numbers=NUMBERS)
    console.print(Text("\n" + "\n".join(meanings(comparison)), style="dim"))
    for note in comparison.notes:
        console.print(Text(f"\n{visible(note)}", style="yellow"))
    if comparison.paired:
        console.print(Text(f"\nFlips ({comparison.flips_total:,})", style="bold"))
    for flip in comparison.flips:
        console.print(flip_lines(flip, console.width))
    for line in more_flips(comparison):
        console.print(line)


def flip_lines(flip: Flip, width: int) -> Text:
    """A flip, and below what was found, cut to the line."""
    lines = Text(flip_line(flip), style="red" if flip.worse else "green")
    if flip.finding:
        finding = Text(f"\n       {visible(flip.finding)}", style="dim")
        finding.truncate(width, overflow="ellipsis")
        lines.append(finding)
    return lines
