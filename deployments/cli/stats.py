"""`evalflows stats`: figures over all runs."""

import sys

import orjson
from rich.table import Table

from deployments.cli.console import make_console
from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from storage.database import Database
from storage.queries.stats import Stats, read_stats


def stats(*, app: str | None = None, json: bool = False) -> int:
    """Figures over all runs, by app, flow and judge.

    Args:
        app: Only runs about this bot.
        json: Print one JSON object per line of the table.
    """

    async def read(database: Database) -> tuple[Stats, ...]:
        async with database.session() as session:
            return await read_stats(session, app=app)

    found = with_database(read)
    if json:
        for line in found:
            sys.stdout.write(orjson.dumps(line.model_dump(mode="json")).decode() + "\n")
        return DONE
    table = Table(box=None, pad_edge=False)
    headings = ("app", "flow", "judge", "runs", "completed", "threads", "rows", "scored", "calls", "tokens", "USD")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("app", "flow", "judge") else "right")
    for line in found:
        cost = "not known" if line.cost_usd is None else f"{line.cost_usd:.4f}"
        numbers = (line.runs, line.completed, line.threads, line.rows, line.scored, line.calls, line.tokens)
        table.add_row(line.app, line.flow, line.judge, *(f"{number:,}" for number in numbers), cost)
    make_console().print(table)
    return DONE
