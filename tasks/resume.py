"""The record of a run: made when it starts, opened again when it is resumed and nothing has changed that must not."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from prefect.context import FlowRunContext

from storage.database import Database
from storage.queries.budgets import bury_grants
from storage.queries.ledger import usage_of
from storage.queries.runs import create_run, find_run, reopen_run
from storage.queries.shards import held_shards, list_shards, withdraw_shards
from storage.records import Judge, Run, Usage
from tasks.ask import CallOptions
from tasks.errors import RunIsLive, RunRefused
from tasks.providers.calls.ledger import Spent

MAY_CHANGE = frozenset(
    {"concurrency", "reuse", "budget_usd", "budget_tokens", "on_error", "max_failed", "dry_run", "shards"}
)
LOOK_AGAIN_SECONDS = 0.5


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
        refuse_used_answers(known, calls)
        if calls.budget_usd:
            refuse_unpriced(known, await usage_of(session, known.id))
        working = await withdraw_shards(session, known.id)
        await reopen_run(session, known.id, params=params, lost_at_most=calls_lost_at_most(known, working))
    return known, known.snapshot is not None


async def spent_before(database: Database, run_id: UUID) -> Spent:
    """What a run that is resumed has used so far; what its processes before had been granted of its budget is settled.

    To be called when none of them lives any more.
    """
    async with database.transaction() as session:
        usage = await usage_of(session, run_id)
        await bury_grants(session, run_id, usage)
    return Spent.of(usage)


async def wait_for_shards_to_stop(database: Database, run_id: UUID, patience_seconds: float) -> None:
    """Wait until the child runs of an earlier try, from whom the shards were taken, have noticed and stopped.

    Raises:
        RunIsLive: They have not in that time.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        async with database.session() as session:
            numbers = [shard.shard for shard in await list_shards(session, run_id)]
            held = await held_shards(session, run_id, numbers) if numbers else set[int]()
        if not held:
            return
        if time.monotonic() > deadline:
            which = ", ".join(map(str, sorted(held)))
            raise RunIsLive(
                f"shards of run {run_id} are still being worked on by child runs of an earlier try ({which}): cancel "
                "these in Prefect, or resume the run later"
            )
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def refuse_used_answers(known: Run, calls: CallOptions) -> None:
    """Stop a resume that is not to use the answers the run has been given before.

    Raises:
        RunRefused: Says what to do.
    """
    if calls.reuse == "never":
        raise RunRefused(
            f"run {known.id} cannot be resumed with --reuse never: what it has been answered is used again; "
            "resume it with --reuse run, or start a new run"
        )


def refuse_unpriced(known: Run, usage: Usage) -> None:
    """Stop a resume under a budget in USD of a run that has spent nobody knows how much.

    Raises:
        RunRefused: Says what to do.
    """
    if usage.cost_usd is None:
        raise RunRefused(
            f"run {known.id} cannot be resumed with --budget-usd: it has asked {known.judge_provider}:"
            f"{known.judge_model} when its price was not known; use --budget-tokens, or start a new run"
        )


def calls_lost_at_most(known: Run, shards_working: int) -> int:
    """How many calls may have been on the wire when the processes that worked on the run before were stopped.

    Args:
        known: The run as it was.
        shards_working: How many shards were being worked on; in a run without, the run's own process was.
    """
    if known.judge_provider == "rules" or known.status not in ("running", "crashed", "cancelled"):
        return 0
    processes = shards_working if known.params.get("shards") else 1
    return processes * int(str(known.params.get("concurrency", 0)))


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
