"""The report tasks: count what the run found, close the run, publish table and Markdown artifacts."""

from collections.abc import Sequence
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.agreement import repeat_counts
from storage.queries.erasing import erase_content
from storage.queries.evaluations import list_evaluations
from storage.queries.figures import count_figures
from storage.queries.ledger import usage_of
from storage.queries.runs import close_run, find_run
from storage.queries.unscored import count_unscored
from tasks.artifacts import show
from tasks.costs.estimate import Estimate
from tasks.costs.words import estimate_line
from tasks.errors import RunFailed
from tasks.reports.markdown import summary_markdown, summary_rows
from tasks.reports.order import SCALES
from tasks.reports.repeats import Repeats, chosen_repeats
from tasks.reports.severity import main_finding
from tasks.reports.summarise import summarise
from tasks.reports.summary import Circumstances, RunSummary
from tasks.retries import is_infrastructure_failure
from tasks.run import OpenRun, open_run_of
from tasks.statistics.agreement import retest_agreement
from tasks.tolerance import BORNE, Tolerance

NOT_ASKED = "dry run: no model was asked; go on with --resume RUN_ID --dry-run no"
NOTHING: dict[str, object] = {"status": "completed", "metrics": {}, "counts": {}, "evaluators": {}}


@task(
    name="publish-summary",
    retries=3,
    retry_delay_seconds=[2, 5, 20],
    retry_condition_fn=is_infrastructure_failure,
    cache_policy=NO_CACHE,
)
async def publish_summary(run_id: UUID, items: int, repeats: Repeats, tolerance: Tolerance) -> RunSummary:
    """Close the run with its summary. Publishing twice changes nothing: the figures are counted from the rows.

    Raises:
        RunFailed: More failed than is borne; the summary is published all the same.
    """
    run = open_run_of(run_id)
    await run.writer.drain()
    async with run.database.transaction() as session:
        summary = await sum_up(session, run, items, repeats)
        failed = sum(n for reason, n in summary.unscored.items() if reason not in BORNE)
        error = tolerance.too_many(failed, summary.units)
        if error is not None:
            summary = summary.model_copy(update={"status": "failed"})
        if not run.calls.log_content:
            await erase_content(session, run_id)
        await close(session, summary, error)
    await publish(run, summary)
    if error is not None:
        raise error
    return summary


@task(
    name="publish-estimate",
    retries=3,
    retry_delay_seconds=[2, 5, 20],
    retry_condition_fn=is_infrastructure_failure,
    cache_policy=NO_CACHE,
)
async def publish_estimate(run_id: UUID, items: int, repeats: Repeats, estimate: Estimate | None) -> RunSummary:
    """Close a run that was only to be estimated; what an earlier try of it evaluated is summed up as ever."""
    run = open_run_of(run_id)
    async with run.database.transaction() as session:
        summary = await sum_up(session, run, items, repeats)
        if not any(evaluator.n for evaluator in summary.evaluators.values()):
            summary = summary.model_copy(update=NOTHING)
        said = (NOT_ASKED.replace("RUN_ID", str(run_id)), *([estimate_line(estimate)] if estimate else []))
        summary = summary.model_copy(update={"notes": (*said, *summary.notes)})
        await close(session, summary)
    await publish(run, summary)
    return summary


async def sum_up(session: AsyncSession, run: OpenRun, items: int, repeats: Repeats) -> RunSummary:
    """The summary of a run over the rows it has."""
    names = list(run.evaluators)
    figures = await count_figures(session, run.id, names, repeats=repeats.times)
    counts = await repeat_counts(session, run.id) if repeats.times > 1 else {}
    record = await find_run(session, run.id)
    circumstances = Circumstances(
        repeats=repeats.times,
        reducer=repeats.reducer,
        agreement={name: retest_agreement(counts[name], SCALES.get(name, ())) for name in names if name in counts},
        budget=run.calls.limit,
        calls_lost_at_most=record.calls_lost_at_most if record else 0,
    )
    findings = await find_reasons(session, run.id, [thread.thread_id for thread in figures.worst], repeats)
    usage = await usage_of(session, run.id)
    unscored = await count_unscored(session, run.id)
    return summarise(run.id, items, figures, usage, findings, circumstances, unscored)


async def close(session: AsyncSession, summary: RunSummary, error: RunFailed | None = None) -> None:
    """Write the ending of the run, and its summary with it."""
    figures = {
        "items": summary.items,
        "completed": summary.completed,
        "cost_usd": summary.cost_usd,
        "tokens_in": summary.tokens.input,
        "tokens_out": summary.tokens.output,
        "summary": summary.model_dump(mode="json", by_alias=True),
    }
    why = str(error) if error else None
    await close_run(session, summary.run_id, summary.status, error_message=why, figures=figures)


async def publish(run: OpenRun, summary: RunSummary) -> None:
    """Show the summary in Prefect."""
    key = f"summary-{run.record.app}"
    table, page = summary_rows(summary), summary_markdown(summary, run.record)
    await show(acreate_table_artifact(table=table, key=artifact_key(key), description="Summary of the run"))
    await show(
        acreate_markdown_artifact(markdown=page, key=artifact_key(f"{key}-text"), description="Summary in words")
    )


async def find_reasons(
    session: AsyncSession, run_id: UUID, thread_ids: Sequence[str], repeats: Repeats
) -> dict[str, str | None]:
    """The one line that says what is wrong with each of these threads; None where there is none."""
    page = await list_evaluations(session, run_id, thread_ids=thread_ids, limit=0)
    by_thread = {id_: [row for row in page.items if row.thread_id == id_] for id_ in thread_ids}
    return {
        id_: main_finding(list(chosen_repeats(evaluations, repeats.reducer).values()))
        for id_, evaluations in by_thread.items()
    }


def artifact_key(text: str) -> str:
    """A key Prefect accepts: lower-case letters, digits and dashes."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split())
