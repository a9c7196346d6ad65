"""`evalflows import threads`: put threads into Postgres, or look a source through first."""

import asyncio
import sys
from collections.abc import Mapping

import orjson
from cyclopts import App
from cyclopts.types import NonNegativeInt
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deployments.cli.console import make_console
from deployments.cli.exits import DONE, complain
from storage.database import open_database
from storage.queries.snapshots import save_threads
from tasks.load import SourceRequest, chunks, open_threads, parse_selection
from tasks.sources.base import LoadReport, Preview
from tasks.sources.preview import summarise_threads

app = App(name="import", help="Import data into Postgres.")
EXAMPLES = 5


@app.command
def threads(
    file: str,
    /,
    *files: str,
    app: str = "default",
    columns: str = "",
    query: str = "",
    limit: NonNegativeInt = 0,
    since: str = "",
    strict: bool = False,
    dry_run: bool = False,
    json: bool = False,
) -> int:
    """Import threads, to be evaluated later with `--source stored`.

    Args:
        file: A file, folder or glob (CSV, TSV, JSON, JSONL, Parquet), or sql:NAME.
        files: More of them.
        app: Which bot they are about.
        columns: Which column is what, as `thread_id=conversationId,text=utterance`.
        query: The SELECT of a sql:NAME source.
        limit: Only the first so many threads; 0 means all.
        since: Only threads active at or after this date or time.
        strict: Stop at the first bad row.
        dry_run: Only say what is there and what was recognised as which column; nothing is stored.
        json: Print JSON, one object per source.
    """
    selection = parse_selection((), limit=limit, since=since)
    for source in (file, *files):
        request = SourceRequest(source=source, columns=columns, query=query, selection=selection, strict=strict)
        if dry_run:
            _print_preview(asyncio.run(preview_source(request)), source, json)
        else:
            _print_report(asyncio.run(import_threads(request, app)), source, app, json)
    return DONE


async def import_threads(request: SourceRequest, app: str) -> LoadReport:
    """Store the threads of a source in one transaction; returns what was read."""
    report = LoadReport()
    database = await open_database()
    try:
        async with database.transaction() as session:
            async for chunk in chunks(await open_threads(request, report)):
                await save_threads(session, app, chunk)
    finally:
        await database.close()
    return report


async def preview_source(request: SourceRequest) -> Preview:
    """Read a source through and say what is in it; nothing is stored."""
    report = LoadReport()
    return await asyncio.to_thread(summarise_threads, await open_threads(request, report), report)


def _print_report(report: LoadReport, source: str, app: str, json: bool) -> None:
    counts = {"threads": report.threads, "messages": report.messages, "bad_rows": report.bad_rows}
    if json:
        told = {"source": source, "app": app, **counts, "duplicate_ids": report.duplicate_ids}
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
    else:
        print(f"{source}: {report.threads} threads, {report.messages} messages stored for app {app!r}")
    if report.bad_rows:
        complain(f"{report.bad_rows} bad rows left out, as:")
        for row in report.first_bad_rows[:EXAMPLES]:
            complain(f"  {row}")
    if report.duplicate_ids:
        complain(f"{report.duplicate_ids} thread ids repeated and were made unique ({report.duplicate_examples[0]})")


def _print_preview(found: Preview, source: str, json: bool) -> None:
    if json:
        sys.stdout.write(orjson.dumps(found.model_dump(mode="json")).decode() + "\n")
        return
    console = make_console()
    span = f", {found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}" if found.first and found.last else ""
    console.print(
        f"{source}: {found.threads} threads, {found.messages} messages, {found.users} users{span}", markup=False
    )
    for one in found.recognised:
        console.print(f"\n{one.file} ({one.format}, {one.encoding or 'binary'}): {one.shape}", markup=False)
        _print_pairs(console, ("recognised as", "column"), one.columns)
        if one.metadata:
            console.print(f"kept as metadata: {', '.join(one.metadata)}", markup=False)
        for note in one.notes:
            console.print(note, markup=False)
    for heading, intents in (("recorded intents", found.recorded_intents), ("labels", found.expected_intents)):
        if intents:
            console.print()
            _print_pairs(console, (heading, "messages"), {name: str(n) for name, n in intents.items()})
    if found.bad_rows:
        console.print(f"\n{found.bad_rows} bad rows:", markup=False)
        for row in found.first_bad_rows[:EXAMPLES]:
            console.print(f"  {row}", markup=False)
    if found.duplicate_ids:
        example = found.duplicate_examples[0]
        console.print(f"\n{found.duplicate_ids} thread ids repeated and are made unique ({example})", markup=False)


def _print_pairs(console: Console, headings: tuple[str, str], pairs: Mapping[str, str]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    for left, right in pairs.items():
        table.add_row(Text(left), Text(right))
    console.print(table)
