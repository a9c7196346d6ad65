"""What changed since an earlier night: the comparison of a suite, and the event a regression raises."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from prefect.events import emit_event
from prefect.utilities.urls import url_for

from storage.queries.nights import earlier_runs
from storage.queries.runs import find_run
from storage.records.night import NightSuite
from tasks.compare import compare_runs
from tasks.errors import RunRefused
from tasks.nightly.baseline import Baseline, choose_baseline
from tasks.nightly.change import Change, Outcome, judge_change, points_better, reach
from tasks.nights import OpenNight, keep_suite
from tasks.reports.comparison import CompareOptions

REGRESSED = "evalflows.run.regressed"


async def compare_suite(night: OpenNight, row: NightSuite) -> NightSuite:
    """Compare a suite that succeeded with an earlier night, and emit what got worse; once, also on a resume."""
    if row.status != "succeeded" or row.run_id is None:
        return row
    if row.comparison is None:
        row = await keep_suite(night, await _compare(night, row, row.run_id))
    outcome = Outcome.model_validate(row.comparison)
    if outcome.told:
        return row
    for change in outcome.regressions:
        emit_regression(row, change, outcome.command)
    told = outcome.model_copy(update={"told": True})
    return await keep_suite(night, row.model_copy(update={"comparison": told.model_dump(mode="json")}))


async def _compare(night: OpenNight, row: NightSuite, run_id: UUID) -> NightSuite:
    async with night.run.database.session() as session:
        run = await find_run(session, run_id)
        earlier = await earlier_runs(session, row)
    assert run is not None
    suite = night.plan.suite(row.suite)
    kind = suite.kind if suite else "fresh"
    baseline = choose_baseline(kind, run, run.snapshot.hash if run.snapshot else None, earlier)
    outcome = await _outcome(night, baseline, run_id)
    with_id = baseline.run.run_id if baseline.run else None
    return row.model_copy(update={"compared_with": with_id, "comparison": outcome.model_dump(mode="json")})


async def _outcome(night: OpenNight, baseline: Baseline, run_id: UUID) -> Outcome:
    """The comparison with the baseline, each metric judged by the plan's rule."""
    notes = (baseline.note,) if baseline.note else ()
    if baseline.run is None:
        return Outcome(notes=notes)
    rule = night.plan.regression
    unpaired = baseline.pairing == "samples"
    options = CompareOptions(across_snapshots=unpaired, alpha=rule.alpha, metrics=rule.metrics)
    try:
        found = await compare_runs(night.run.database, baseline.run.run_id, run_id, options)
    except RunRefused as error:
        return Outcome(notes=(*notes, f"not compared with {baseline.run.night}: {error}"))
    return Outcome(
        compared_night=baseline.run.night,
        changes=tuple(judge_change(difference, rule) for difference in found.metrics.values()),
        flips=found.flips,
        notes=(*notes, *found.notes),
        command=f"evalflows runs compare {found.before} {found.after}{' --across-snapshots' if unpaired else ''}",
    )


def emit_regression(row: NightSuite, change: Change, command: str) -> None:
    """Tell Prefect that a suite got worse; told twice, it is the same event: its id follows from what it says."""
    emit_event(
        event=REGRESSED,
        resource={
            "prefect.resource.id": f"evalflows.run.{row.run_id}",
            "prefect.resource.name": f"{row.suite} of {row.app}, {row.night}",
            "evalflows.app": row.app,
            "evalflows.suite": row.suite,
        },
        related=[{"prefect.resource.id": f"prefect.flow-run.{row.run_id}", "prefect.resource.role": "flow-run"}],
        payload={**payload_of(row, change), "command": command},
        id=uuid5(row.run_id or UUID(int=0), change.name),
    )


def payload_of(row: NightSuite, change: Change) -> Mapping[str, Any]:
    """What the event says: what got worse, by how much, how sure that is, and where to look."""
    found = change.difference
    return {
        "app": row.app,
        "suite": row.suite,
        "plan": row.plan,
        "night": str(row.night),
        "metric": change.name,
        "before": found.before,
        "after": found.after,
        "difference": found.difference,
        "points": points_better(found),
        "interval": [found.low, found.high],
        "p": found.p_corrected,
        "n": [found.n_before, found.n_after],
        "could_have_seen_points": reach(found),
        "run_id": str(row.run_id),
        "compared_with": str(row.compared_with),
        "link": link_to(row.run_id),
        "link_before": link_to(row.compared_with),
    }


def link_to(run_id: UUID | None) -> str | None:
    """The page of a run in the Prefect UI; None where this process is told of no UI."""
    return url_for("flow-run", obj_id=run_id) if run_id else None
