"""The report task: count what the run found, close the run, publish table and Markdown artifacts."""

from collections.abc import Sequence
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.evaluations import list_evaluations
from storage.queries.figures import count_figures
from storage.queries.ledger import usage_of
from storage.queries.runs import close_run
from tasks.artifacts import show
from tasks.reports.markdown import summary_markdown, summary_rows
from tasks.reports.severity import main_finding
from tasks.reports.summary import RunSummary, summarise
from tasks.retries import is_infrastructure_failure
from tasks.run import open_run_of


@task(
    name="publish-summary",
    retries=3,
    retry_delay_seconds=[2, 5, 20],
    retry_condition_fn=is_infrastructure_failure,
    cache_policy=NO_CACHE,
)
async def publish_summary(run_id: UUID, items: int) -> RunSummary:
    """Close the run with its summary. Publishing twice changes nothing: the figures are counted from the rows."""
    run = open_run_of(run_id)
    await run.writer.drain()
    async with run.database.transaction() as session:
        figures = await count_figures(session, run_id, list(run.evaluators))
        findings = await find_reasons(session, run_id, [thread.thread_id for thread in figures.worst])
        summary = summarise(run_id, items, figures, await usage_of(session, run_id), findings)
        await close_run(
            session,
            run_id,
            summary.status,
            figures={
                "completed": summary.completed,
                "cost_usd": summary.cost_usd,
                "tokens_in": summary.tokens.input,
                "tokens_out": summary.tokens.output,
                "summary": summary.model_dump(mode="json", by_alias=True),
            },
        )
    key = f"summary-{run.record.app}"
    table, page = summary_rows(summary), summary_markdown(summary, run.record)
    await show(acreate_table_artifact(table=table, key=artifact_key(key), description="Summary of the run"))
    await show(acreate_markdown_artifact(markdown=page, key=artifact_key(f"{key}-text")))
    return summary


async def find_reasons(session: AsyncSession, run_id: UUID, thread_ids: Sequence[str]) -> dict[str, str | None]:
    """The one line that says what is wrong with each of these threads; None where there is none."""
    page = await list_evaluations(session, run_id, thread_ids=thread_ids, limit=0)
    by_thread = {id_: [row for row in page.items if row.thread_id == id_] for id_ in thread_ids}
    return {id_: main_finding(evaluations) for id_, evaluations in by_thread.items()}


def artifact_key(text: str) -> str:
    """A key Prefect accepts: lower-case letters, digits and dashes."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split())
