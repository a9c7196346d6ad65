"""The flow `evaluate-threads`: conversation threads judged for intent, correctness and efficiency."""

from pathlib import PurePath
from typing import Annotated

from prefect import flow
from prefect.context import FlowRunContext
from pydantic import Field

from storage.records import Judge
from tasks.evaluate import gather_batches
from tasks.evaluators.catalog import EvaluatorName
from tasks.load import SourceRequest, load_threads, parse_selection
from tasks.mark import mark_cancelled, mark_crashed
from tasks.prepare import prepare_evaluators, read_options, versions_of
from tasks.progress import report_progress
from tasks.report import publish_summary
from tasks.reports.summary import RunSummary
from tasks.run import open_run

ALL: list[EvaluatorName] = ["intent", "correctness", "efficiency"]
NONE: list[str] = []


def name_run() -> str:
    """`shop.csv by rules`: what the run is called in Prefect and in lists; paths are cut to their last part."""
    context = FlowRunContext.get()
    parameters = (context.parameters if context else None) or {}
    judge = Judge.parse(str(parameters.get("judge", "")))
    if judge.provider == "scripted" and judge.model:
        judge = judge.model_copy(update={"model": PurePath(judge.model).name})
    return f"{PurePath(str(parameters.get('source', ''))).name} by {judge}"


@flow(
    name="evaluate-threads",
    flow_run_name=name_run,
    log_prints=False,
    on_crashed=[mark_crashed],
    on_cancellation=[mark_cancelled],
)
async def evaluate_threads(
    source: str,
    judge: str = "rules",
    evaluators: list[EvaluatorName] = ALL,
    app: str = "default",
    query: str = "",
    columns: str = "",
    intents: str = "",
    policy: str = "",
    checks: list[str] = NONE,
    thread_ids: list[str] = NONE,
    limit: Annotated[int, Field(ge=0)] = 0,
    sample: Annotated[int, Field(ge=0)] = 0,
    seed: int = 0,
    since: str = "",
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 20,
    strict: bool = False,
) -> RunSummary:
    """Evaluate conversation threads: the bot's intents, the correctness of its answers, the efficiency of the thread.

    Args:
        source: A file, folder or glob (CSV, TSV, JSON, JSONL, Parquet), `sql:NAME` with a query, or `stored`.
        judge: `rules` needs no model; `openai:MODEL` asks a model; `scripted:FILE` replays recorded answers.
        evaluators: What to judge.
        app: Which bot the threads are about.
        query: The SELECT of a `sql:NAME` source; NAME is an environment variable or Secret block with the URL.
        columns: Which column is what, as `thread_id=conversationId,text=utterance`; empty: recognised.
        intents: File with the intents there are (names and descriptions); empty: those found in the data.
        policy: File with your own rules for the bot (YAML list of id, section, text).
        checks: Names of rule checks to use; empty: those on by default.
        thread_ids: Only these threads; empty: all.
        limit: Only the first so many threads; 0: all.
        sample: Only so many threads drawn by a hash of their id; 0: all.
        seed: Another seed draws another sample.
        since: Only threads active at or after this date or time.
        concurrency: Most calls of the judge on the wire at once.
        strict: Stop at the first bad row instead of leaving it out.

    Returns:
        The summary of the run.
    """
    selection = parse_selection(thread_ids, limit=limit, sample=sample, seed=seed, since=since)
    options = read_options(intents=intents, policy=policy, checks=checks)
    versions = versions_of(evaluators, judge, options)
    async with open_run(app=app, judge=judge, concurrency=concurrency, versions=versions) as run:
        request = SourceRequest(source=source, query=query, columns=columns, selection=selection, strict=strict)
        snapshot = await load_threads(run.id, request)
        await prepare_evaluators(run, evaluators, options)
        async with report_progress(run):
            await gather_batches(run, snapshot.threads, concurrency)
        return await publish_summary(run.id, snapshot.threads)
