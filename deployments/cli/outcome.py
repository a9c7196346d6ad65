"""What `evalflows run` prints at the end: the summary for people, or one JSON object for programs."""

import sys
from typing import Any
from uuid import UUID

import orjson

from deployments.cli.console import make_console
from deployments.cli.exits import complain
from deployments.cli.session import with_database
from storage.database import Database
from storage.queries.runs import find_run
from storage.records import Run
from tasks.reports.summary import RunSummary
from tasks.reports.terminal import print_summary


def print_outcome(run_id: UUID, *, as_json: bool, error: Exception | None) -> Run | None:
    """Print how the run ended; returns its record, None where it was never opened."""

    async def read(database: Database) -> Run | None:
        async with database.session() as session:
            return await find_run(session, run_id)

    record = with_database(read)
    if error is not None:
        complain(record.error_message if record and record.error_message else f"{type(error).__name__}: {error}")
    if as_json:
        sys.stdout.write(orjson.dumps(json_outcome(run_id, record)).decode() + "\n")
        sys.stdout.flush()
    elif record is not None and record.summary is not None and record.status.startswith("completed"):
        print_summary(RunSummary.model_validate(record.summary), record, make_console())
    return record


def json_outcome(run_id: UUID, record: Run | None) -> dict[str, Any]:
    """The object programs read: what is known of the run, whatever its status."""
    summary: dict[str, Any] = dict(record.summary) if record and record.summary else {}
    metrics = summary.get("metrics", {})
    return {
        "run_id": str(run_id),
        "status": record.status if record else "failed",
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
