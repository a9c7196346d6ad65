"""What `evalflows run` prints at the end: summary or estimate for people, or one JSON object for programs."""

import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
from pydantic import JsonValue
from rich.text import Text

from deployments.cli.console import make_console
from deployments.cli.exits import complain
from deployments.cli.session import with_database
from storage.database import Database
from storage.errors import DatabaseError
from storage.queries.ledger import usage_of
from storage.queries.nights import night_of_run
from storage.queries.runs import find_run
from storage.records import Run, Usage
from tasks.costs.estimate import Estimate
from tasks.costs.words import estimate_line, spending_line
from tasks.nightly.digest import NightDigest
from tasks.nightly.markdown import digest_markdown
from tasks.providers.errors import JudgeStopped
from tasks.reports.summary import RunSummary
from tasks.reports.terminal import odd_input, print_summary


def print_outcome(run_id: UUID | None, *, as_json: bool, error: Exception | None, interrupted: bool) -> Run | None:
    """Print how the run ended; returns its record, None where it was never opened or the database is away."""
    record, usage, digest = _find(run_id) if run_id else (None, None, None)
    if error is not None:
        told = record.error_message if record and record.error_message else f"{type(error).__name__}: {error}"
        complain(f"{told}; go on with --resume {run_id}" if isinstance(error, JudgeStopped) else told)
    if as_json:
        status = record.status if record else "cancelled" if interrupted else "failed"
        for line in odd_input(record) if record else ():
            complain(line)
        told_night = {"digest": digest.model_dump(mode="json")} if digest else {}
        sys.stdout.write(orjson.dumps(json_outcome(run_id, status, record, usage) | told_night).decode() + "\n")
        sys.stdout.flush()
    elif digest is not None:
        make_console().print(Text(digest_markdown(digest)), soft_wrap=True)
    elif record is not None:
        _print(record, usage)
    return record


def _print(record: Run, usage: Usage | None) -> None:
    console = make_console()
    if was_only_estimated(record):
        for line in estimated(record):
            console.print(Text(line), soft_wrap=True)
    elif record.summary is not None and record.status.startswith("completed"):
        print_summary(RunSummary.model_validate(record.summary), record, console)
    elif usage is not None and usage.attempts:
        console.print(Text(spending_line(usage)), soft_wrap=True)


def was_only_estimated(record: Run) -> bool:
    """Whether the run was a dry run that has evaluated nothing."""
    return record.status == "completed" and not (record.summary or {}).get("evaluators")


def estimated(record: Run) -> Iterator[str]:
    """What a dry run has to say, a line each."""
    if record.estimate is not None:
        estimate = Estimate.model_validate(record.estimate)
        yield estimate_line(estimate)
        yield f"reckoned from {estimate.sampled:,} of {estimate.items:,} threads; tokens by {estimate.basis}"
    yield f"nothing was asked; go on with: evalflows run {record.flow} --resume {record.id} --no-dry-run"


def _find(run_id: UUID) -> tuple[Run | None, Usage | None, NightDigest | None]:
    async def read(database: Database) -> tuple[Run | None, Usage | None, NightDigest | None]:
        async with database.session() as session:
            found = await night_of_run(session, run_id)
            digest = NightDigest.model_validate(found.digest) if found and found.digest else None
            return await find_run(session, run_id), await usage_of(session, run_id), digest

    try:
        return with_database(read)
    except DatabaseError as error:
        complain(str(error))
        return None, None, None


def json_outcome(run_id: UUID | None, status: str, record: Run | None, usage: Usage | None = None) -> dict[str, Any]:
    """The object programs read: what is known of the run, whatever its status.

    Args:
        run_id: The run; None where none was made.
        status: How it ended.
        record: Its row; None where it was never opened.
        usage: What its calls used; None where that is not known.
    """
    summary: dict[str, Any] = dict(record.summary) if record and record.summary else {}
    metrics = summary.get("metrics", {})
    return {
        "run_id": str(run_id) if run_id else None,
        "status": status,
        "items": record.items if record else None,
        "completed": record.completed if record else 0,
        "unscored": summary.get("unscored", {}),
        "estimate": json_estimate(record.estimate) if record else None,
        **json_spending(usage),
        "metrics": {
            name: {key: metric[key] for key in ("value", "n", "low", "high")} for name, metric in metrics.items()
        },
        "counts": summary.get("counts", {}),
        "agreement": summary.get("agreement", {}),
    }


def json_spending(usage: Usage | None) -> dict[str, Any]:
    """What was spent; `cost_usd` is null where a price is not known, and where nothing is known."""
    if usage is None:
        return {"calls": 0, "tokens": {"in": 0, "out": 0}, "cost_usd": None, "unpriced_models": []}
    return {
        "calls": usage.attempts - usage.reused,
        "tokens": {"in": usage.tokens_in, "out": usage.tokens_out},
        "cost_usd": None if usage.cost_usd is None else float(usage.cost_usd),
        "unpriced_models": usage.unpriced_models,
    }


def json_estimate(stored: dict[str, JsonValue] | None) -> dict[str, Any] | None:
    """Calls, tokens and USD with their ranges; None where there is no estimate, as for a run by rules."""
    if stored is None:
        return None
    estimate = Estimate.model_validate(stored)
    usd = estimate.cost_usd
    return {
        **{name: getattr(estimate, name).model_dump() for name in ("calls", "tokens_in", "tokens_out")},
        "cost_usd": None if usd is None else {end: float(value) for end, value in usd},
        "basis": estimate.basis,
    }
