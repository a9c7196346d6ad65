"""The flow `evaluate-threads`: conversation threads judged for intent, correctness and efficiency."""

from pathlib import PurePath
from typing import Annotated

from prefect import flow
from prefect.context import FlowRunContext
from pydantic import Field

from storage.records import Judge, Reuse
from tasks.ask import CallOptions
from tasks.estimate import estimate_run
from tasks.evaluators.catalog import EvaluatorName
from tasks.gather import gather_batches
from tasks.load import SourceRequest, load_threads, parse_selection
from tasks.mark import mark_cancelled, mark_crashed
from tasks.positions import cut_threads
from tasks.prepare import prepare_evaluators, read_options, repeats_of, versions_of
from tasks.progress import report_progress
from tasks.report import publish_estimate, publish_summary
from tasks.reports.repeats import Reducer
from tasks.reports.summary import RunSummary
from tasks.run import open_run
from tasks.shards import gather_shards
from tasks.tolerance import OnError, Tolerance

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
    limit: Annotated[int, Field(ge=0)] = 0,
    intents: str = "",
    policy: str = "",
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 20,
    budget_usd: Annotated[float, Field(ge=0)] = 0,
    shards: Annotated[int, Field(ge=0, le=1000)] = 0,
    fresh: bool = False,
    dry_run: bool = False,
    query: str = "",
    columns: str = "",
    checks: list[str] = NONE,
    thread_ids: list[str] = NONE,
    sample: Annotated[int, Field(ge=0)] = 0,
    sample_rate: Annotated[float, Field(gt=0, le=1)] = 1.0,
    seed: int = 0,
    since: str = "",
    repeats: Annotated[int, Field(ge=1, le=20)] = 1,
    reducer: Reducer = "majority",
    reuse: Reuse = "run",
    log_content: bool = True,
    budget_tokens: Annotated[int, Field(ge=0)] = 0,
    on_error: OnError = "skip",
    max_failed: Annotated[float, Field(ge=0, le=1)] = 1.0,
    strict: bool = False,
) -> RunSummary:
    """Evaluate conversation threads: the bot's intents, the correctness of its answers, the efficiency of the thread.

    Args:
        source: A file, folder or glob (CSV, TSV, JSON, JSONL, Parquet), `sql:NAME` with a query, or `stored`. Relative
            paths start where the run does: here, or at the project folder of the worker.
        judge: `rules` needs no model; `openai:MODEL` (or azure, gemini, anthropic, ollama, local) asks one;
            `scripted:FILE` replays recorded answers.
        evaluators: What to judge.
        app: Which bot the threads are about.
        limit: Only the first so many threads; 0: all.
        intents: File with the intents there are (names and descriptions); empty: those found in the data.
        policy: File with your own rules for the bot (YAML list of id, section, text).
        concurrency: Most calls of the judge on the wire at once, 1 to 1000; each shard has as many.
        budget_usd: Most money the judge may cost; 0: no limit.
        shards: Run as so many child runs that workers share, at most 1000; 0: in this process.
        fresh: Only threads that have no result yet of these evaluators at their present versions by this judge.
        dry_run: Load the threads, say what judging them would cost, and stop there.
        query: The SELECT of a `sql:NAME` source; NAME is an environment variable or Secret block with the URL.
        columns: Which column is what, as `thread_id=conversationId,text=utterance`; empty: recognised.
        checks: Names of rule checks to use; empty: those on by default.
        thread_ids: Only these threads; empty: all.
        sample: Only so many threads drawn by a hash of their id; 0: all.
        sample_rate: Only this share of the threads, above 0 to 1, drawn by the same hash; 1: all.
        seed: Another seed draws another sample.
        since: Only threads active at or after this date or time.
        repeats: How often each judgment is made, 1 to 20; how far repeats agree is reported.
        reducer: Which of its repeats a thread goes by.
        reuse: Whose answers are used again: those of this `run`, of any run (`always`), or none (`never`).
        log_content: Keep prompts and answers in the ledger; off: only until their thread is judged.
        budget_tokens: Most tokens, input and output together; 0: no limit.
        on_error: Leave what fails unscored (`skip`), try it once more at the end (`retry`), or end the run (`fail`).
        max_failed: The run fails when more than this share of its evaluations failed, 0 to 1.
        strict: Stop at the first bad row instead of leaving it out.

    Returns:
        The summary of the run.
    """
    selection = parse_selection(thread_ids, limit=limit, sample=sample, seed=seed, since=since)
    options = read_options(intents=intents, policy=policy, checks=checks)
    versions = versions_of(evaluators, judge, options)
    judged = repeats_of(repeats, reducer, judge)
    calls = CallOptions(
        concurrency=concurrency,
        reuse=reuse,
        log_content=log_content,
        budget_usd=budget_usd,
        budget_tokens=budget_tokens,
    )
    tolerance = Tolerance(on_error=on_error, max_failed=max_failed)
    async with open_run(app=app, judge=judge, calls=calls, versions=versions, shards=shards) as run:
        request = SourceRequest(
            source=source,
            query=query,
            columns=columns,
            selection=selection,
            sample_rate=sample_rate,
            strict=strict,
            fresh=fresh,
            repeats=repeats,
        )
        snapshot = await load_threads(run.id, request)
        await prepare_evaluators(run, evaluators, options)
        run.estimate = await estimate_run(run, snapshot.threads, repeats)
        if dry_run:
            return await publish_estimate(run.id, snapshot.threads, judged, run.estimate)
        async with report_progress(run):
            if shards:
                each = len(evaluators) * repeats
                await gather_shards(run, await cut_threads(run, shards, repeats), snapshot.threads * each, each)
            else:
                every = range(snapshot.threads)
                await gather_batches(run, every, snapshot.threads, repeats=repeats, tolerance=tolerance)
        return await publish_summary(run.id, snapshot.threads, judged, tolerance)
