"""The flow `nightly`: the suites of a plan, what unfinished nights left, what changed since, and a digest."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from prefect import flow
from prefect.context import FlowRunContext
from prefect.flows import Flow

from flows.evaluate_threads import evaluate_threads
from tasks.ask import CallOptions
from tasks.comparable import COMPARABLE
from tasks.mark import mark_cancelled, mark_crashed
from tasks.night_digest import publish_digest
from tasks.night_suites import catch_up, run_suite
from tasks.nightly.check import refuse_metrics, refuse_suites
from tasks.nightly.digest import NightDigest
from tasks.nightly.plan_file import read_plan
from tasks.nights import due_night, open_night, suites_to_do
from tasks.progress import report_progress
from tasks.run import open_run

SUITE_FLOWS: Mapping[str, Flow[..., Any]] = {"evaluate-threads": evaluate_threads}
"""The flows a suite may be of: one line makes a flow part of the nights."""


def name_run() -> str:
    """`shop 2026-03-01`: the plan's file and the night where one is named; what the run is called in lists."""
    context = FlowRunContext.get()
    parameters = (context.parameters if context else None) or {}
    return f"{PurePath(str(parameters.get('plan', ''))).stem} {parameters.get('night', '')}".strip()


@flow(
    name="nightly",
    flow_run_name=name_run,
    log_prints=False,
    on_crashed=[mark_crashed],
    on_cancellation=[mark_cancelled],
)
async def nightly(plan: str, night: str = "") -> NightDigest:
    """Evaluate what a plan lists for each night, compare it with earlier nights, and report what got worse.

    Args:
        plan: Path of the plan file (YAML): suites, budget, time zone, whom to notify.
        night: The date to work on, as 2026-03-01; empty: the date in the plan's zone on which the run was due.

    Returns:
        The digest of the night.
    """
    read = read_plan(plan)
    refuse_suites(read, {name: suite_flow.fn for name, suite_flow in SUITE_FLOWS.items()})
    refuse_metrics(read, {name: tuple(comparable.metrics) for name, comparable in COMPARABLE.items()})
    tonight = due_night(read.plan, night)
    async with (
        open_run(app=read.plan.app, judge="rules", calls=CallOptions(), versions={}) as run,
        open_night(run, read.plan, tonight) as opened,
    ):
        async with report_progress(run):
            unfinished, suites = await suites_to_do(opened)
            for row in unfinished:
                await catch_up(opened, row)
            done = [await run_suite(opened, row) for row in suites]
        return await publish_digest(opened, done)
