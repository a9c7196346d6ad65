"""`evalflows runs`: list, show, export, cancel and requeue runs."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.types import NonNegativeInt

from deployments.cli.console import make_console, print_json
from deployments.cli.exits import DONE, FAILED, WRONG_USAGE, complain
from deployments.cli.tables import Row, print_table
from deployments.local.stack import use_live_api
from deployments.run_list import QueuedRun, list_all_runs
from settings import get_settings
from storage.records import Run, RunStatus

app = App(name="runs", help="List, show, export, cancel and requeue runs.")
app.command(
    "deployments.cli.show:show",
    name="show",
    sort_key=1,
    help="Show a run: its summary, or one page of its threads or of its model calls.",
)
app.command(
    "deployments.cli.compare:compare",
    name="compare",
    sort_key=2,
    help="Compare two runs: differences with intervals, a test, and the items that flipped.",
)

ToFile = Annotated[str, Parameter(metavar="FILE", allow_leading_hyphen=True)]
"""A path, or `-`."""

COLUMNS = ("run", "started", "status", "done", "seconds", "app", "name", "flow")
SPARE = ("seconds", "flow", "app", "done", "name")


@app.default
@app.command(name="list", sort_key=0)
def list_command(
    *,
    flow: str | None = None,
    status: RunStatus | Literal["scheduled"] | None = None,
    app: str | None = None,
    limit: NonNegativeInt = 20,
    offset: NonNegativeInt = 0,
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
    use_live_api(get_settings())
    listed = asyncio.run(list_all_runs(flow=flow, status=status, app=app, limit=limit, offset=offset))
    if json:
        print_json(listed.queued)
        print_json(listed.runs.items)
        return DONE
    rows = [_queued_row(run) for run in listed.queued] + [_row(run) for run in listed.runs.items]
    if not rows:
        print("no runs")
        return DONE
    console = make_console()
    print_table(console, rows, COLUMNS, spare=SPARE, numbers=("done", "seconds"), stretch="name")
    last = offset + listed.read
    if last < listed.runs.total:
        console.print(f"{listed.read} of {listed.runs.total} runs; --offset {last} for more")
    return DONE


def _queued_row(run: QueuedRun) -> Row:
    started = f"{run.expected:%m-%d %H:%M}"
    return {"run": str(run.id), "started": started, "status": run.status, "name": run.name, "flow": run.flow}


def _row(run: Run) -> Row:
    return {
        "run": str(run.id),
        "started": f"{run.started_at:%m-%d %H:%M}" if run.started_at else "",
        "status": run.status,
        "done": f"{run.progress.current}/{run.progress.total}" if run.progress else "",
        "seconds": f"{run.duration_seconds:.1f}" if run.duration_seconds is not None else "",
        "app": run.app,
        "name": run.name or "",
        "flow": run.flow,
    }


@app.command(sort_key=3)
def cancel(run_id: str, /) -> int:
    """Stop a run, or take a queued one out of the queue; what is finished stays, and the run can be resumed.

    Args:
        run_id: The run, as `evalflows runs list` names it.
    """
    from deployments.cancel import cancel_run

    use_live_api(get_settings())
    return DONE if asyncio.run(cancel_run(run_id)) else FAILED


@app.command(sort_key=4)
def requeue(run_id: str, /) -> int:
    """Put a run that stopped, or is not complete, back into the queue under its id; a worker goes on with it.

    Args:
        run_id: The run, as `evalflows runs list` names it.
    """
    from deployments.requeue import requeue_run

    use_live_api(get_settings())
    queued = asyncio.run(requeue_run(run_id))
    print(f"{queued} is queued again; a worker takes it ('evalflows up' starts one)")
    return DONE


@app.command(sort_key=2)
def export(run_id: str, /, *, html: ToFile = "", json: ToFile = "", csv: ToFile = "") -> int:
    """Write a run to a file.

    Args:
        run_id: The run, as `evalflows runs list` names it.
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
