"""`evalflows stats`: figures over all runs."""

from deployments.cli.console import make_console, print_json
from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from deployments.cli.tables import Row, print_table
from storage.database import Database
from storage.queries.stats import Stats, read_stats

NUMBERS = ("runs", "completed", "threads", "rows", "scored", "calls", "tokens", "USD")
SPARE = ("completed", "rows", "calls", "flow")


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
        print_json(found)
    elif not found:
        print("no runs")
    else:
        rows = [_row(line) for line in found]
        print_table(make_console(), rows, ("app", "flow", "judge", *NUMBERS), spare=SPARE, numbers=NUMBERS)
    return DONE


def _row(line: Stats) -> Row:
    numbers = {name: f"{getattr(line, name):,}" for name in NUMBERS[:-1]}
    cost = "not known" if line.cost_usd is None else f"{line.cost_usd:.4f}"
    return {"app": line.app, "flow": line.flow, "judge": line.judge, **numbers, "USD": cost}
