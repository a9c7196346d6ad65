"""A night that is worked on: opened or gone on with, held so that no other run works on the plan meanwhile."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import NAMESPACE_URL, UUID, uuid5

from prefect.context import FlowRunContext

from storage.queries.ledger import usage_of
from storage.queries.nights import (
    begin_night,
    close_night,
    find_night,
    last_night,
    list_nights,
    save_digest,
    save_suite,
    suites_of,
    unfinished_suites,
)
from storage.records.night import NightSuite
from storage.run_lock import RunLock
from tasks.errors import RunIsLive, RunRefused
from tasks.nightly.budget import Left, left_of
from tasks.nightly.dates import missed_nights, night_of
from tasks.nightly.digest import CaughtUp, NightDigest
from tasks.nightly.plan import Plan
from tasks.run import OpenRun, shielded


@dataclass
class OpenNight:
    """What the steps of a night share.

    Attributes:
        run: The nightly run.
        plan: What is to be done.
        night: The date it counts as.
        missed: Nights just before on which nothing ran.
        before: What was reported when an earlier run worked on this night; None where none has.
        caught_up: Suites of earlier nights worked on so far.
        lock: Held on the plan.
    """

    run: OpenRun
    plan: Plan
    night: date
    lock: RunLock
    missed: tuple[date, ...] = ()
    before: NightDigest | None = None
    caught_up: list[CaughtUp] = field(default_factory=list[CaughtUp])

    @property
    def digest(self) -> NightDigest:
        """What there is to report so far, without tonight's suites."""
        sent = self.before.sent if self.before else {}
        return NightDigest(
            plan=self.plan.name,
            night=self.night,
            run_id=self.run.id,
            caught_up=tuple(self.caught_up),
            missed=self.missed,
            sent=sent,
        )


def due_night(plan: Plan, named: str) -> date:
    """The night of the flow run this is called in: its expected start in the plan's zone, or the date named.

    Raises:
        RunRefused: Called outside a flow run, or the date cannot be used.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RunRefused("a night is worked on inside a flow run only")
    due = context.flow_run.expected_start_time or context.start_time
    return night_of(plan, due, named)


@asynccontextmanager
async def open_night(run: OpenRun, plan: Plan, night: date) -> AsyncGenerator[OpenNight]:
    """Open the night, or go on with it where a run has begun it.

    Raises:
        RunIsLive: Another run works on the plan.
    """
    lock = RunLock(run.database.engine, uuid5(NAMESPACE_URL, f"evalflows:plan:{plan.name}"))
    if not await lock.acquire():
        who = await _who_works(run, plan)
        raise RunIsLive(f"plan {plan.name!r}: {who} is working on it: wait for it, or cancel it")
    try:
        opened = await _open(run, plan, night, lock)
        try:
            yield opened
        except BaseException:
            await shielded(lambda: _leave(opened))
            raise
    finally:
        await shielded(lock.release)


async def _open(run: OpenRun, plan: Plan, night: date, lock: RunLock) -> OpenNight:
    rows = [
        NightSuite(plan=plan.name, night=night, suite=suite.name, flow=suite.flow, app=suite.app, kind=suite.kind)
        for suite in plan.suites
    ]
    async with run.database.transaction() as session:
        known = await find_night(session, plan.name, night)
        last = await last_night(session, plan.name, night)
        await begin_night(session, rows, run.id)
    before = NightDigest.model_validate(known.digest) if known and known.digest else None
    missed = missed_nights(night, plan.catch_up_nights, last)
    return OpenNight(run, plan, night, lock, tuple(missed), before, list(before.caught_up) if before else [])


async def _leave(night: OpenNight) -> None:
    async with night.run.database.transaction() as session:
        found = await find_night(session, night.plan.name, night.night)
        if found is not None and found.status == "running" and found.run_id == night.run.id:
            await close_night(session, night.plan.name, night.night, "failed")


async def _who_works(run: OpenRun, plan: Plan) -> str:
    async with run.database.session() as session:
        nights = (await list_nights(session, plan=plan.name)).items
    ids = [found.run_id for found in nights if found.status == "running"]
    return f"run {ids[0]}" if ids else "another run"


async def keep_plan(night: OpenNight) -> None:
    """Make sure that the plan is still held.

    Raises:
        RunIsLive: The connection was lost, and another run has the plan by now.
    """
    if not await night.lock.keep():
        raise RunIsLive(f"plan {night.plan.name!r}: another run has taken it over")


async def suites_to_do(night: OpenNight) -> tuple[list[NightSuite], list[NightSuite]]:
    """Suites of earlier nights that can still be finished, the oldest first; tonight's, in the order of the plan."""
    since = night.night - timedelta(days=night.plan.catch_up_nights)
    async with night.run.database.session() as session:
        past = await unfinished_suites(session, night.plan.name, since, night.night)
        rows = {row.suite: row for row in await suites_of(session, night.plan.name, night.night)}
    night.run.total = len(past) + len(night.plan.suites)
    return past, [rows[suite.name] for suite in night.plan.suites]


async def keep_suite(night: OpenNight, row: NightSuite) -> NightSuite:
    """Write down how a suite stands; returns it."""
    async with night.run.database.transaction() as session:
        await save_suite(session, row)
    return row


async def keep_caught_up(night: OpenNight, done: CaughtUp) -> None:
    """Write down what became of a suite of an earlier night, so that it is reported also when this run is killed."""
    same = [one for one in night.caught_up if (one.night, one.suite) == (done.night, done.suite)]
    spent = {
        "cost_usd": done.cost_usd + sum((one.cost_usd for one in same), Decimal(0)),
        "tokens": done.tokens + sum(one.tokens for one in same),
    }
    night.caught_up = [one for one in night.caught_up if one not in same] + [done.model_copy(update=spent)]
    async with night.run.database.transaction() as session:
        await save_digest(session, night.plan.name, night.night, night.digest.model_dump(mode="json"))


async def spent_by(night: OpenNight, run_id: UUID | None) -> tuple[Decimal, int]:
    """USD, where prices are known, and tokens that a run has used so far; nothing where there is none."""
    if run_id is None:
        return Decimal(0), 0
    async with night.run.database.session() as session:
        usage = await usage_of(session, run_id)
    return usage.cost_usd or Decimal(0), usage.tokens_in + usage.tokens_out


async def spent_on(night: OpenNight, rows: Sequence[NightSuite]) -> tuple[Decimal, int]:
    """USD and tokens of the night: of these suites, and of what was caught up."""
    spent = [await spent_by(night, row.run_id) for row in rows]
    spent += [(one.cost_usd, one.tokens) for one in night.caught_up]
    return sum((usd for usd, _ in spent), Decimal(0)), sum(tokens for _, tokens in spent)


async def left_tonight(night: OpenNight) -> Left:
    """What is left of the night's budget, after all its suites and what was caught up."""
    async with night.run.database.session() as session:
        rows = await suites_of(session, night.plan.name, night.night)
    return left_of(night.plan, *await spent_on(night, rows))
