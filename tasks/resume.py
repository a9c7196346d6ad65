"""The record of a run: made when it starts, opened again when it is resumed and nothing has changed that must not."""

from collections.abc import Mapping
from typing import Any

from prefect.context import FlowRunContext

from storage.database import Database
from storage.queries.ledger import usage_of
from storage.queries.runs import create_run, find_run, reopen_run
from storage.records import Judge, Run, Usage
from tasks.ask import CallOptions
from tasks.errors import RunRefused

MAY_CHANGE = frozenset({"concurrency", "reuse", "budget_usd", "budget_tokens", "on_error", "max_failed", "dry_run"})


async def open_record(
    database: Database,
    context: FlowRunContext,
    app: str,
    judge: Judge,
    versions: Mapping[str, str],
    calls: CallOptions,
) -> tuple[Run, bool]:
    """The record of the run of this flow run, and whether it is resumed: opened before, with its snapshot pinned.

    Raises:
        RunRefused: It was started with other settings.
    """
    assert context.flow_run is not None
    params = {name: value for name, value in (context.parameters or {}).items()}
    async with database.transaction() as session:
        known = await find_run(session, context.flow_run.id)
        if known is None:
            record = await create_run(
                session,
                context.flow_run.id,
                flow=context.flow.name if context.flow else "",
                app=app,
                name=context.flow_run.name,
                judge=judge,
                params=params,
                versions=versions,
            )
            return record, False
        refuse_changes(known, params, versions)
        refuse_calls(known, calls, await usage_of(session, known.id))
        await reopen_run(session, known.id, params=params, lost_at_most=calls_lost_at_most(known))
    return known, known.snapshot is not None


def refuse_calls(known: Run, calls: CallOptions, usage: Usage) -> None:
    """Stop a resume whose options about calls do not go with what the run has been answered before.

    Raises:
        RunRefused: Says which, and what to do.
    """
    if calls.reuse == "never":
        raise RunRefused(
            f"run {known.id} cannot be resumed with --reuse never: what it has been answered is used again; "
            "resume it with --reuse run, or start a new run"
        )
    if calls.budget_usd and usage.cost_usd is None:
        raise RunRefused(
            f"run {known.id} cannot be resumed with --budget-usd: it has asked {known.judge_provider}:"
            f"{known.judge_model} when its price was not known; use --budget-tokens, or start a new run"
        )


def calls_lost_at_most(known: Run) -> int:
    """How many calls may have been on the wire when the process that worked on the run before was stopped."""
    if known.judge_provider == "rules" or known.status not in ("running", "crashed", "cancelled"):
        return 0
    return int(str(known.params.get("concurrency", 0)))


def refuse_changes(known: Run, params: Mapping[str, Any], versions: Mapping[str, str]) -> None:
    """Stop a resume whose settings or versions are not those the run was started with.

    Raises:
        RunRefused: Says what changed, from what to what.
    """
    for what, before, now in (("setting", known.params, params), ("version of", known.versions, versions)):
        for name in sorted({*before, *now} - MAY_CHANGE):
            if what == "setting" and name not in before:
                continue  # a parameter that did not exist when the run was started
            if before.get(name) != now.get(name):
                raise RunRefused(
                    f"run {known.id} cannot be resumed: {what} {name!r} was {before.get(name)!r} "
                    f"and is now {now.get(name)!r}; start a new run"
                )
