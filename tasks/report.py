"""The report task: count what the run found, close the run, publish table and Markdown artifacts."""

from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from storage.queries.figures import count_figures
from storage.queries.ledger import usage_of
from storage.queries.runs import close_run
from tasks.reports.markdown import summary_markdown, summary_rows
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
        summary = summarise(run_id, items, figures, await usage_of(session, run_id))
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
    await acreate_table_artifact(table=summary_rows(summary), key=artifact_key(key), description="Summary of the run")
    await acreate_markdown_artifact(markdown=summary_markdown(summary, run.record), key=artifact_key(f"{key}-text"))
    return summary


def artifact_key(text: str) -> str:
    """A key Prefect accepts: lower-case letters, digits and dashes."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split())
