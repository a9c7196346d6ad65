"""What `evalflows run` prints at the end: the summary for people, or one JSON object for programs."""

import sys
from typing import Any
from uuid import UUID

import orjson

from deployments.cli.console import make_console
from deployments.cli.exits import complain
from deployments.cli.session import with_database
from storage.database import Database
from storage.errors import DatabaseError
from storage.queries.runs import find_run
from storage.records import Run
from tasks.reports.summary import RunSummary
from tasks.reports.terminal import odd_input, print_summary


def print_outcome(run_id: UUID | None, *, as_json: bool, error: Exception | None, interrupted: bool) -> Run | None:
    """Print how the run ended; returns its record, None where it was never opened or the database is away."""
    record = _find(run_id) if run_id else None
    if error is not None:
        complain(record.error_message if record and record.error_message else f"{type(error).__name__}: {error}")
    if as_json:
        status = record.status if record else "cancelled" if interrupted else "failed"
        for line in odd_input(record) if record else ():
            complain(line)
        sys.stdout.write(orjson.dumps(json_outcome(run_id, status, record)).decode() + "\n")
        sys.stdout.flush()
    elif record is not None and record.summary is not None and record.status.startswith("completed"):
        print_summary(RunSummary.model_validate(record.summary), record, make_console())
    return record


def _find(run_id: UUID) -> Run | None:
    async def read(database: Database) -> Run | None:
        async with database.session() as session:
            return await find_run(session, run_id)

    try:
        return with_database(read)
    except DatabaseError as error:
        complain(str(error))
        return None


def json_outcome(run_id: UUID | None, status: str, record: Run | None) -> dict[str, Any]:
    """The object programs read: what is known of the run, whatever its status."""
    summary: dict[str, Any] = dict(record.summary) if record and record.summary else {}
    metrics = summary.get("metrics", {})
    return {
        "run_id": str(run_id) if run_id else None,
        "status": status,
        "items": record.items if record else None,
        "completed": record.completed if record else 0,
        "unscored": summary.get("unscored", {}),
        "tokens": summary.get("tokens", {"in": 0, "out": 0}),
        "cost_usd": float(record.cost_usd) if record and record.cost_usd is not None else None,
        "metrics": {
            name: {key: metric[key] for key in ("value", "n", "low", "high")} for name, metric in metrics.items()
        },
        "counts": summary.get("counts", {}),
    }
