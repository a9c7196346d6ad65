"""`evalflows runs show`: one run, its threads, or its model calls."""

from typing import Literal

from cyclopts.types import NonNegativeInt

from deployments.cli.console import make_console, print_json
from deployments.cli.execute import parse_run_id
from deployments.cli.exits import DONE
from deployments.cli.export import refuse_without_threads
from deployments.cli.session import with_database
from deployments.cli.tables import Row, print_table
from storage.database import Database
from storage.queries.evaluations import ThreadResult, list_thread_results
from storage.queries.ledger import LoggedCall, list_calls
from storage.queries.page import Page
from storage.queries.runs import find_run
from storage.records import Run
from tasks.errors import RunRefused
from tasks.reports.summary import RunSummary
from tasks.reports.terminal import print_summary

AnyPage = Page[ThreadResult] | Page[LoggedCall]

THREADS = ("thread", "user", "messages", "intents", "correctness", "efficiency", "success", "unscored")
LOGS = ("at", "item", "method", "model", "usable", "ms", "tokens_in", "tokens_out", "error")


def show(
    run_id: str,
    part: Literal["threads", "logs"] | None = None,
    /,
    *,
    limit: NonNegativeInt = 50,
    offset: NonNegativeInt = 0,
    json: bool = False,
) -> int:
    """Show a run: its summary, or one page of its threads or of its model calls.

    Args:
        run_id: The run, as `evalflows runs list` names it.
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
                if run is not None:
                    refuse_without_threads(run)
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
        print_json(page.items)
    else:
        _print_page(page)
    return DONE


def _print_run(run: Run, json: bool) -> None:
    if json:
        print_json([run])
    elif run.summary is not None:
        print_summary(RunSummary.model_validate(run.summary), run, make_console())
    else:
        progress = f", {run.progress.current} of {run.progress.total}" if run.progress else ""
        print(f"{run.id} {run.flow} {run.status}{progress}{': ' + run.error_message if run.error_message else ''}")


def _print_page(page: AnyPage) -> None:
    console = make_console()
    results = [_result_row(item) for item in page.items if isinstance(item, ThreadResult)]
    calls = [_call_row(item) for item in page.items if isinstance(item, LoggedCall)]
    if results:
        numbers, spare = ("messages", "intents"), ("user", "messages")
        print_table(console, results, THREADS, numbers=numbers, spare=spare, stretch="unscored")
    if calls:
        numbers, spare = ("ms", "tokens_in", "tokens_out"), ("model", "tokens_in", "tokens_out", "ms")
        print_table(console, calls, LOGS, numbers=numbers, spare=spare, stretch="error")
    last = page.offset + len(page.items)
    more = f"; --offset {last} for more" if last < page.total else ""
    console.print(f"{page.offset + 1} to {last} of {page.total}{more}" if page.items else f"none (of {page.total})")


def _result_row(result: ThreadResult) -> Row:
    return {
        "thread": result.thread_id,
        "user": result.user_id or "",
        "messages": str(result.message_count),
        "intents": "" if result.intent_accuracy is None else f"{result.intent_accuracy:.0%}",
        "correctness": result.worst_correctness or "",
        "efficiency": result.efficiency_verdict or "",
        "success": "" if result.success_status is None else str(result.success_status).lower(),
        "unscored": result.success_reason or "",
    }


def _call_row(call: LoggedCall) -> Row:
    return {
        "at": f"{call.created_at:%m-%d %H:%M:%S}",
        "item": call.item,
        "method": call.method,
        "model": call.model,
        "usable": "yes" if call.usable else "no",
        "ms": f"{call.duration_ms:.0f}",
        "tokens_in": str(call.tokens_in),
        "tokens_out": str(call.tokens_out),
        "error": call.error or "",
    }
