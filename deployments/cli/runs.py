"""`evalflows runs`: list, show, export and cancel runs."""

import asyncio
import sys
from pathlib import Path
from typing import Literal

import orjson
from cyclopts import App
from rich.table import Table

from deployments.cli.console import make_console
from deployments.cli.exits import DONE, FAILED, WRONG_USAGE, complain
from deployments.local.stack import use_live_api
from settings import get_settings
from storage.records import Run, RunStatus

app = App(name="runs", help="List, show, export and cancel runs.")
app.command("deployments.cli.show:show", name="show")

Part = Literal["threads", "logs"]


@app.default
@app.command(name="list")
def list_command(
    *,
    flow: str | None = None,
    status: RunStatus | Literal["scheduled"] | None = None,
    app: str | None = None,
    limit: int = 20,
    offset: int = 0,
    json: bool = False,
) -> int:
    """List runs, newest first; runs that wait in the queue come before them.

    Args:
        flow: Only runs of this flow.
        status: Only runs of this status.
        app: Only runs about this bot.
        limit: Most runs to list; 0 means all.
        offset: Runs to skip.
        json: Print one JSON object per run instead of a table.
    """
    from deployments.run_list import list_all_runs

    use_live_api(get_settings())
    listed = asyncio.run(list_all_runs(flow=flow, status=status, app=app, limit=limit, offset=offset))
    if json:
        for run in listed.queued:
            sys.stdout.write(orjson.dumps(run.model_dump(mode="json")).decode() + "\n")
        for run in listed.runs.items:
            sys.stdout.write(orjson.dumps(run.model_dump(mode="json")).decode() + "\n")
        return DONE
    table = Table(box=None, pad_edge=False)
    for heading in ("run", "started", "status", "done", "seconds", "app", "name", "flow"):
        table.add_column(heading, no_wrap=True, overflow="ellipsis" if heading in ("name", "flow") else "ignore")
    for run in listed.queued:
        table.add_row(str(run.id), f"{run.expected:%m-%d %H:%M}", run.status, "", "", "", run.name, run.flow)
    for run in listed.runs.items:
        table.add_row(*_cells(run))
    make_console().print(table)
    shown = len(listed.runs.items)
    if shown < listed.runs.total:
        print(f"{shown} of {listed.runs.total} runs; --offset {offset + shown} for more")
    return DONE


def _cells(run: Run) -> tuple[str, ...]:
    progress = f"{run.progress.current}/{run.progress.total}" if run.progress else ""
    seconds = f"{run.duration_seconds:.1f}" if run.duration_seconds is not None else ""
    started = f"{run.started_at:%m-%d %H:%M}" if run.started_at else ""
    return str(run.id), started, run.status, progress, seconds, run.app, run.name or "", run.flow


@app.command
def cancel(run_id: str) -> int:
    """Stop a run, or take a queued one out of the queue; what is finished stays, and the run can be resumed."""
    from deployments.cancel import cancel_run

    use_live_api(get_settings())
    return DONE if asyncio.run(cancel_run(run_id)) else FAILED


@app.command
def export(run_id: str, *, html: str = "", json: str = "", csv: str = "") -> int:
    """Write a run to a file.

    Args:
        run_id: The run.
        html: The report, one self-contained page.
        json: Run, threads and evaluations, one JSON object a line; `-` is standard output.
        csv: One row per thread; `-` is standard output.
    """
    from deployments.cli.execute import parse_run_id
    from deployments.cli.export import write_csv, write_html, write_json

    if not (html or json or csv):
        complain("name at least one of --html FILE, --json FILE, --csv FILE")
        return WRONG_USAGE
    run = parse_run_id(run_id)
    for path, write in ((json, write_json), (csv, write_csv)):
        if path:
            write(run, path)
    if html:
        written = write_html(run, Path(html))
        print(f"{written.path}: {written.shown} of {written.total} threads", file=sys.stderr)
    return DONE
