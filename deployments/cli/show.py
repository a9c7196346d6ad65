"""`evalflows runs show`: one run, its threads, or its model calls."""

import sys
from collections.abc import Sequence
from typing import Literal

import orjson
from rich.table import Table

from deployments.cli.console import make_console
from deployments.cli.execute import parse_run_id
from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from storage.database import Database
from storage.queries.evaluations import ThreadResult, list_thread_results
from storage.queries.ledger import LoggedCall, list_calls
from storage.queries.page import Page
from storage.queries.runs import find_run
from storage.records import Record, Run
from tasks.errors import RunRefused
from tasks.reports.summary import RunSummary
from tasks.reports.terminal import print_summary

AnyPage = Page[ThreadResult] | Page[LoggedCall]

COLUMNS: dict[str, tuple[str, ...]] = {
    "threads": (
        "thread_id",
        "user_id",
        "message_count",
        "intent_accuracy",
        "worst_correctness",
        "efficiency_verdict",
        "success_status",
        "success_reason",
    ),
    "logs": ("created_at", "item", "method", "model", "usable", "error", "duration_ms", "tokens_in", "tokens_out"),
}


def show(
    run_id: str,
    part: Literal["threads", "logs"] | None = None,
    /,
    *,
    limit: int = 50,
    offset: int = 0,
    json: bool = False,
) -> int:
    """Show a run: its summary, or one page of its threads or of its model calls.

    Args:
        run_id: The run.
        part: What of it.
        limit: Most rows; 0 means all.
        offset: Rows to skip.
        json: Print JSON, one object a line.
    """
    wanted = parse_run_id(run_id)

    async def read(database: Database) -> tuple[Run | None, AnyPage | None]:
        async with database.session() as session:
            run = await find_run(session, wanted)
            if part == "threads":
                return run, await list_thread_results(session, wanted, limit=limit, offset=offset)
            if part == "logs":
                return run, await list_calls(session, wanted, limit=limit, offset=offset)
            return run, None

    run, page = with_database(read)
    if run is None:
        raise RunRefused(f"there is no run {wanted}: see 'evalflows runs list'")
    if page is None or part is None:
        _print_run(run, json)
    elif json:
        _print_json(page.items)
    else:
        _print_table(page, COLUMNS[part])
    return DONE


def _print_run(run: Run, json: bool) -> None:
    if json:
        _print_json([run])
    elif run.summary is not None:
        print_summary(RunSummary.model_validate(run.summary), run, make_console())
    else:
        progress = f", {run.progress.current} of {run.progress.total}" if run.progress else ""
        print(f"{run.id} {run.flow} {run.status}{progress}{': ' + run.error_message if run.error_message else ''}")


def _print_json(records: Sequence[Record]) -> None:
    for record in records:
        sys.stdout.write(orjson.dumps(record.model_dump(mode="json")).decode() + "\n")


def _print_table(page: AnyPage, columns: tuple[str, ...]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for item in page.items:
        table.add_row(*(_cell(getattr(item, column)) for column in columns))
    make_console().print(table)
    last = page.offset + len(page.items)
    print(f"{page.offset + 1 if page.items else 0} to {last} of {page.total}")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
