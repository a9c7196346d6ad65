"""Queries on `nights` and `night_suites`: open a night, keep what becomes of its suites, find earlier ones."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.page import Page, read_page
from storage.records import Record, storable
from storage.records.night import EarlierRun, Night, NightStatus, NightSuite
from storage.tables import EvalRunRow, NightRow, NightSuiteRow

EARLIER_AT_MOST = 60

RecordT = TypeVar("RecordT", bound=Record)


def night_from(row: NightRow) -> Night:
    """The record of a row."""
    return _record(Night, row)


def suite_from(row: NightSuiteRow) -> NightSuite:
    """The record of a row."""
    return _record(NightSuite, row)


def _record(kind: type[RecordT], row: object) -> RecordT:
    return kind.model_validate({name: getattr(row, name) for name in kind.model_fields})


async def begin_night(session: AsyncSession, suites: Sequence[NightSuite], run_id: UUID) -> None:
    """Set a night to `running` under this nightly run, and add those of its suites that it has not got."""
    if not suites:
        return
    again = {"run_id": run_id, "status": "running", "finished_at": None}
    night = {"plan": suites[0].plan, "night": suites[0].night, **again}
    opened = insert(NightRow).values(night).on_conflict_do_update(index_elements=["plan", "night"], set_=again)
    await session.execute(opened)
    rows = [suite.model_dump(exclude={"comparison"}) for suite in suites]
    await session.execute(insert(NightSuiteRow).values(rows).on_conflict_do_nothing())


async def find_night(session: AsyncSession, plan: str, night: date) -> Night | None:
    """The night, or None when nothing ran on that date."""
    row = await session.get(NightRow, (plan, night))
    return night_from(row) if row else None


async def night_of_run(session: AsyncSession, run_id: UUID) -> Night | None:
    """The night a nightly run worked on, where no other has worked on it since."""
    found = await session.execute(select(NightRow).where(NightRow.run_id == run_id))
    row = found.scalar_one_or_none()
    return night_from(row) if row else None


async def last_night(session: AsyncSession, plan: str, before: date) -> date | None:
    """The last night of the plan before this date; None where there was none."""
    row = NightRow
    return await session.scalar(select(func.max(row.night)).where(row.plan == plan, row.night < before))


async def suites_of(session: AsyncSession, plan: str, night: date) -> list[NightSuite]:
    """The suites of a night, by name."""
    row = NightSuiteRow
    query = select(row).where(row.plan == plan, row.night == night).order_by(row.suite)
    return [suite_from(found) for found in (await session.execute(query)).scalars()]


async def unfinished_suites(session: AsyncSession, plan: str, since: date, before: date) -> list[NightSuite]:
    """The suites of nights from `since` up to `before` (not included) that are not done with, the oldest first.

    Those that succeeded and whose comparison was not told are among them.
    """
    row = NightSuiteRow
    stopped = (row.status == "skipped") & row.run_id.is_not(None)
    untold = (row.status == "succeeded") & row.comparison["told"].as_boolean().is_not(True)
    query = (
        select(row)
        .where(row.plan == plan, row.night >= since, row.night < before)
        .where(or_(row.status.in_(("waiting", "running", "failed")), stopped, untold))
        .order_by(row.night, row.suite)
    )
    return [suite_from(found) for found in (await session.execute(query)).scalars()]


async def save_suite(session: AsyncSession, suite: NightSuite) -> None:
    """Write down how a suite stands."""
    row = NightSuiteRow
    error = storable(suite.error) if suite.error else None
    changed = suite.model_dump(include={"run_id", "status", "compared_with"})
    changed["comparison"] = null() if suite.comparison is None else suite.comparison  # not the null of JSON
    key = (row.plan == suite.plan, row.night == suite.night, row.suite == suite.suite)
    await session.execute(update(row).where(*key).values(error=error, **changed))


async def save_digest(session: AsyncSession, plan: str, night: date, digest: Mapping[str, Any]) -> None:
    """Write down what there is to report of a night so far."""
    row = NightRow
    await session.execute(update(row).where(row.plan == plan, row.night == night).values(digest=dict(digest)))


async def close_night(session: AsyncSession, plan: str, night: date, status: NightStatus) -> None:
    """End a night."""
    row = NightRow
    ended = {"status": status, "finished_at": func.clock_timestamp()}
    await session.execute(update(row).where(row.plan == plan, row.night == night).values(**ended))


async def settle_night(session: AsyncSession, plan: str, night: date) -> None:
    """Set an earlier night to `succeeded` once all its suites have; its digest stays as it was reported."""
    rows = await suites_of(session, plan, night)
    if rows and all(suite.status == "succeeded" for suite in rows):
        row = NightRow
        await session.execute(update(row).where(row.plan == plan, row.night == night).values(status="succeeded"))


async def earlier_runs(session: AsyncSession, suite: NightSuite) -> list[EarlierRun]:
    """The runs of a suite in nights before that succeeded and had items, the last first; never a dry run."""
    row, run = NightSuiteRow, EvalRunRow
    columns = (run.judge_provider, run.judge_model, run.versions, run.snapshot_hash)
    query = (
        select(row.night, row.run_id, *columns)
        .join(run, run.id == row.run_id)
        .where(row.plan == suite.plan, row.suite == suite.suite, row.night < suite.night, row.status == "succeeded")
        .where(row.app == suite.app, row.flow == suite.flow, row.kind == suite.kind, run.id != suite.run_id)
        .where(run.items > 0, func.coalesce(run.params["dry_run"].as_boolean(), False).is_(False))
        .order_by(row.night.desc())
        .limit(EARLIER_AT_MOST)
    )
    return [EarlierRun.model_validate(found, from_attributes=True) for found in await session.execute(query)]


async def list_nights(
    session: AsyncSession, *, plan: str | None = None, limit: int = 20, offset: int = 0
) -> Page[Night]:
    """The nights, the last first; `limit` 0 means all."""
    query = select(NightRow).order_by(NightRow.night.desc(), NightRow.plan)
    if plan is not None:
        query = query.where(NightRow.plan == plan)
    rows, total = await read_page(session, query, limit, offset)
    return Page(tuple(night_from(found[0]) for found in rows), total, limit, offset)
