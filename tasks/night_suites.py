"""The suites of a night: each a child run, started once, waited for, started again where it stopped."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from storage.queries.nights import settle_night
from storage.queries.runs import find_run, request_cancel
from storage.records import Run
from storage.records.night import NightSuite
from tasks.children import cancel_child, child_states, retry_child, start_child
from tasks.errors import RunRefused
from tasks.night_changes import compare_suite
from tasks.night_queue import say_why_it_waits
from tasks.nightly.budget import caps
from tasks.nightly.change import Outcome
from tasks.nightly.check import given
from tasks.nightly.digest import CaughtUp
from tasks.nightly.plan import Suite
from tasks.nights import OpenNight, keep_caught_up, keep_plan, keep_suite, left_tonight, spent_by
from tasks.wait import wait_for_run

BUDGET_USED_UP = "the night's budget is used up"
TRIES = 2
"""How often a run whose process was lost is started in one night."""


async def run_suite(night: OpenNight, row: NightSuite) -> NightSuite:
    """Bring a suite to its end, wherever it stands, and compare it; one that succeeded is not run again.

    Raises:
        RunRefused: There is no deployment of its flow.
    """
    if row.status != "succeeded":
        row = await _bring_to_end(night, row)
    row = await compare_suite(night, row)
    night.run.done += 1
    return row


async def catch_up(night: OpenNight, row: NightSuite) -> None:
    """Finish a suite of an earlier night; one that never began is part of tonight instead."""
    before = await spent_by(night, row.run_id)
    if row.status == "waiting" or night.plan.suite(row.suite) is None:
        why = f"missed: part of the night of {night.night}" if night.plan.suite(row.suite) else "no longer in the plan"
        row = await keep_suite(night, row.model_copy(update={"status": "skipped", "error": why, "run_id": None}))
        night.run.done += 1
    else:
        row = await run_suite(night, row)
        async with night.run.database.transaction() as session:
            await settle_night(session, row.plan, row.night)
    after = await spent_by(night, row.run_id)
    done = CaughtUp(
        night=row.night,
        suite=row.suite,
        status=row.status,
        error=row.error,
        run_id=row.run_id,
        changes=Outcome.model_validate(row.comparison or {}).changes,
        cost_usd=max(after[0] - before[0], Decimal(0)),
        tokens=max(after[1] - before[1], 0),
    )
    await keep_caught_up(night, done)


async def _bring_to_end(night: OpenNight, row: NightSuite) -> NightSuite:
    await keep_plan(night)
    suite = night.plan.suite(row.suite)
    assert suite is not None
    if await _is_out_of_budget(night, row, suite):
        return await keep_suite(night, row.model_copy(update={"status": "skipped", "error": BUDGET_USED_UP}))
    row = await keep_suite(night, row.model_copy(update={"status": "running", "error": None}))
    if row.run_id is None:
        started = await _start(night, row, suite)
        row = await keep_suite(night, row.model_copy(update={"run_id": started}))
    else:
        await _start_again(night, row, suite)
    status, error = await _outcome(night, row, suite)
    return await keep_suite(night, row.model_copy(update={"status": status, "error": error}))


async def _is_out_of_budget(night: OpenNight, row: NightSuite, suite: Suite) -> bool:
    """Whether nothing is left for a suite that asks a model and has not ended yet."""
    if suite.parameters.get("judge", "rules") == "rules":
        return False
    if not (await left_tonight(night)).used_up:
        return False
    run = await _find(night, row.run_id) if row.run_id else None
    return run is None or not _has_succeeded(run)


async def _start(night: OpenNight, row: NightSuite, suite: Suite) -> UUID:
    """Queue the suite's run; the same suite of the same night gives the same run."""
    return await start_child(
        f"{row.flow}/{row.flow}",
        {**given(suite), **caps(await left_tonight(night), suite)},
        key=f"nightly-{row.plan}-{row.night}-{row.suite}",
        tags=("nightly", row.plan, str(row.night)),
    )


async def _start_again(night: OpenNight, row: NightSuite, suite: Suite) -> None:
    """Schedule the suite's run once more where it ended without success, with what is left of the budget."""
    assert row.run_id is not None
    run = await _find(night, row.run_id)
    state = (await child_states([row.run_id])).get(row.run_id)
    if state is None or not state.is_final() or (run is not None and _has_succeeded(run)):
        return
    spent = await spent_by(night, row.run_id)
    limits = caps(await left_tonight(night), suite, *spent, tonight=row.night == night.night)
    await _set_parameters(row.run_id, limits)
    await retry_child(row.run_id)


async def _set_parameters(run_id: UUID, changed: Mapping[str, Any]) -> None:
    async with get_client() as client:
        try:
            flow_run = await client.read_flow_run(run_id)
        except ObjectNotFound:
            return
        if any(flow_run.parameters.get(name, 0) != value for name, value in changed.items()):
            await client.update_flow_run(run_id, parameters={**flow_run.parameters, **changed})


async def _outcome(night: OpenNight, row: NightSuite, suite: Suite) -> tuple[str, str | None]:
    """Wait for the suite's run; returns how the suite ended and, where not well, why."""
    assert row.run_id is not None
    for tried in range(1, TRIES + 1):
        try:
            run = await _wait(night, row, row.run_id)
        except RunRefused as error:
            return "failed", str(error)
        if run.status != "crashed" or tried == TRIES:
            return ending_of(run)
        await _start_again(night, row, suite)
    raise AssertionError("unreachable: the last try returns")


def ending_of(run: Run) -> tuple[str, str | None]:
    """How a suite ended whose run has ended so, and why where it did not succeed."""
    if not run.status.startswith("completed"):
        return "failed", run.error_message or run.status
    not_asked = _not_asked(run)
    return (
        ("skipped", f"stopped by the budget: {not_asked} rows were not asked for") if not_asked else ("succeeded", None)
    )


def _has_succeeded(run: Run) -> bool:
    return run.status.startswith("completed") and not _not_asked(run)


def _not_asked(run: Run) -> int:
    """Rows that the budget left unscored."""
    unscored = (run.summary or {}).get("unscored")
    return int(str(unscored.get("budget", 0))) if isinstance(unscored, dict) else 0


async def _wait(night: OpenNight, row: NightSuite, run_id: UUID) -> Run:
    """Wait for a run and say how far it is; a night that is cancelled cancels it."""

    def tell(run: Run) -> None:
        done = f"{run.progress.current:,} of {run.progress.total:,}" if run.progress else run.status
        night.run.message = f"{row.suite} ({row.night}): {done}"

    saying = asyncio.create_task(say_why_it_waits(night.run, row.suite, run_id))
    try:
        return await wait_for_run(run_id, tell)
    except asyncio.CancelledError:
        await asyncio.shield(_cancel(night, row, run_id))
        raise
    finally:
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)


async def _cancel(night: OpenNight, row: NightSuite, run_id: UUID) -> None:
    """Stop the suite's run: a live one hears it from its row, one that waits is taken out of the queue."""
    await keep_suite(night, row.model_copy(update={"status": "failed", "error": "cancelled"}))
    async with night.run.database.transaction() as session:
        live = await request_cancel(session, run_id)
    try:
        if not live:
            await cancel_child(run_id)
    except httpx.HTTPError as error:
        night.run.message = f"run {run_id} could not be cancelled: {type(error).__name__}"


async def _find(night: OpenNight, run_id: UUID) -> Run | None:
    async with night.run.database.session() as session:
        return await find_run(session, run_id)
