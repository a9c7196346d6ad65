"""`evalflows db prune`: delete old runs, or erase their prompts and answers."""

import sys
from collections import defaultdict

import orjson
from cyclopts.types import NonNegativeInt

from deployments.cli.console import make_console
from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from deployments.cli.tables import Row, print_table
from deployments.prune import Pruned, PruneRequest, parse_age, time_before
from deployments.prune import prune as prune_database
from storage.database import Database
from storage.queries.prune import AgedRun, RunSize

COLUMNS = ("app", "flow", "suite", "runs", "threads", "evaluations", "calls", "MB")
NUMBERS = ("runs", "threads", "evaluations", "calls", "MB")
MEGABYTE = 1_000_000
KEPT_AS = {
    "running": "in progress",
    "last": "kept by --keep-last",
    "baseline": "kept for comparisons with the last night",
}


def prune(
    *,
    older_than: str,
    app: str | None = None,
    keep_last: NonNegativeInt = 0,
    content_only: bool = False,
    threads: bool = False,
    dry_run: bool = False,
    json: bool = False,
) -> int:
    """Delete the runs that ended long ago, with all their rows; asks nothing, so try --dry-run first.

    Runs in progress stay, and so do the runs that the next night is compared with. It can be stopped at any moment and
    started again.

    Args:
        older_than: How long ago a run must have ended: 90d, 12w, 36h.
        app: Only runs about this bot.
        keep_last: So many runs of each app, flow and suite (or source) stay, however old.
        content_only: Erase prompts and answers of the model calls only; results and figures stay.
        threads: Also delete thread contents that no run refers to and that nothing has brought again since.
        dry_run: Say what would go, and delete nothing.
        json: Print one JSON object per run, and one for the whole, instead of a table.
    """
    request = PruneRequest(
        before=time_before(parse_age(older_than)),
        app=app,
        keep_last=keep_last,
        content_only=content_only,
        threads=threads,
        dry_run=dry_run,
    )
    pruned = Pruned()

    async def work(database: Database) -> None:
        await prune_database(database, request, pruned)

    try:
        with_database(work)
    finally:  # also of what went before Ctrl-C
        (_print_json if json else _print)(request, pruned)
    return DONE


def _print(request: PruneRequest, pruned: Pruned) -> None:
    console = make_console()
    if pruned.runs:
        print_table(console, _rows(pruned), COLUMNS, spare=("threads", "flow"), numbers=NUMBERS, stretch="suite")
    what = "prompts and answers of " if request.content_only else ""
    verb = "would go" if request.dry_run else "erased" if request.content_only else "deleted"
    size = sum(held.bytes for _, held in pruned.runs) + pruned.thread_bytes
    also = f", {pruned.threads:,} thread contents" if request.threads else ""
    print(f"{what}{len(pruned.runs):,} runs{also} {verb}: about {size / MEGABYTE:,.1f} MB")
    for why, said in KEPT_AS.items():
        if n := sum(run.kept_as == why for run in pruned.kept):
            print(f"{n:,} older runs stay: {said}")
    if pruned.runs and not request.dry_run:
        print("Postgres uses the space again by itself; VACUUM FULL gives it back to the file system")


def _rows(pruned: Pruned) -> list[Row]:
    groups: dict[tuple[str, str, str], list[RunSize]] = defaultdict(list)
    for run, size in pruned.runs:
        groups[run.app, run.flow, run.suite].append(size)
    return [
        {
            **{"app": app, "flow": flow, "suite": suite, "runs": f"{len(sizes):,}"},
            **{name: f"{sum(getattr(size, name) for size in sizes):,}" for name in ("threads", "evaluations", "calls")},
            "MB": f"{sum(size.bytes for size in sizes) / MEGABYTE:,.1f}",
        }
        for (app, flow, suite), sizes in groups.items()
    ]


def _print_json(request: PruneRequest, pruned: Pruned) -> None:
    runs = [_fields(run) | size.model_dump() for run, size in pruned.runs] + [_fields(run) for run in pruned.kept]
    whole = {
        "runs": len(pruned.runs),
        "kept": len(pruned.kept),
        "threads": pruned.threads,
        "bytes": sum(size.bytes for _, size in pruned.runs) + pruned.thread_bytes,
        "dry_run": request.dry_run,
        "content_only": request.content_only,
    }
    for line in (*runs, whole):
        sys.stdout.write(orjson.dumps(line).decode() + "\n")


def _fields(run: AgedRun) -> dict[str, object]:
    return run.model_dump(mode="json")
