"""The report of `predict-checkpoints`: figures counted from the rows, the run closed, a table shown in Prefect."""

from collections.abc import Sequence
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from storage.queries.jobs import acting_as
from storage.queries.ledger import usage_of
from storage.queries.predictions import list_predictions
from storage.records import RunStatus, UnscoredReason
from tasks.artifacts import show
from tasks.checkpoints import Predicting, predicting
from tasks.errors import RunFailed
from tasks.predict_verdicts import Verdicts, all_verdicts, shares_of, unscored_of, verdict_counts
from tasks.report import artifact_key, close
from tasks.reports.predictions.artifact_rows import artifact_rows
from tasks.reports.predictions.summary import StepSummary, TrainingSummary
from tasks.reports.summary import EvaluatorCount, RunSummary, Tokens
from tasks.retries import is_infrastructure_failure
from tasks.statistics.proportions import Metric
from tasks.training_steps import summarise_job

LOST: UnscoredReason = "target_failed"
"""What a prediction that failed is unscored for: the model under test gave none."""


@task(
    name="publish-predictions",
    retries=3,
    retry_delay_seconds=[2, 5, 20],
    retry_condition_fn=is_infrastructure_failure,
    cache_policy=NO_CACHE,
)
async def publish_predictions(run_id: UUID) -> RunSummary:
    """Close the run with its summary. Publishing twice changes nothing: the figures are counted from the rows.

    Raises:
        RunFailed: No checkpoint could be predicted; the summary is published all the same.
    """
    work = predicting(run_id)
    await work.run.writer.drain()
    job = work.setup.job
    found = await summarise_job(work.run.database, job.user_id, job.job_id, work.setup.variant)
    pairs = await all_verdicts(work) if work.run.ask else {}
    summary = await sum_up(work, [step for step in found.steps if step.step in work.watch.seen], pairs)
    error = await failure_of(work, answered_in(found))
    if error is not None:
        summary = summary.model_copy(update={"status": "failed"})
    async with work.run.database.transaction() as session:
        await close(session, summary, error)
    await show_steps(work, found, summary)
    if error is not None:
        raise error
    return summary


async def sum_up(work: Predicting, steps: Sequence[StepSummary], pairs: Verdicts) -> RunSummary:
    """The summary: checkpoints are its items; the model's calls are the judge's, predictions cost none."""
    seen, each = len(work.watch.seen), work.rows_each
    answered = sum(step.predictions - step.failed for step in steps)
    unscored = unscored_of(pairs)
    if lost := seen * each - answered:
        unscored[LOST] = unscored.get(LOST, 0) + lost
    async with work.run.database.session() as session:
        usage = await usage_of(session, work.run.id)
    ended: RunStatus = "completed_with_errors" if unscored else "completed"
    whole = sum(step.predictions >= each for step in steps)
    return RunSummary(
        run_id=work.run.id,
        status=ended,
        items=seen,
        completed=whole,
        unscored=unscored,
        calls=usage.attempts - usage.reused,
        reused=usage.reused,
        tokens=Tokens.model_validate({"in": usage.tokens_in, "out": usage.tokens_out}),
        cost_usd=usage.cost_usd,
        unpriced_models=tuple(usage.unpriced_models),
        metrics={**exact_match(steps), **shares_of(pairs)},
        counts=counts_of(work, answered, lost, seen - whole, pairs),
        evaluators={
            "predictions": EvaluatorCount(n=seen * each, scored=answered, unscored={LOST: lost} if lost else {})
        },
        worst_threads=(),
        notes=notes_of(work),
    )


def exact_match(steps: Sequence[StepSummary]) -> dict[str, Metric]:
    """The share of predictions at the first and last step that are the ground truth; empty where there is none."""
    ends = {step.step: step.figures.get("exact_match") for step in (*steps[:1], *steps[-1:])}
    names = set(Metric.model_fields)
    return {
        f"exact_match_at_{step}": Metric.model_validate(figure.model_dump(include=names))
        for step, figure in ends.items()
        if figure is not None
    }


def counts_of(
    work: Predicting, answered: int, lost: int, incomplete: int, pairs: Verdicts
) -> dict[str, dict[str, int]]:
    """How many predictions there are and how they came about, and what the judge said of pairs."""
    counts = {
        "checkpoints": {"predicted": len(work.watch.seen) - incomplete, "incomplete": incomplete},
        "predictions": {"answered": answered, "failed": lost, "new": work.new_rows},
    }
    return counts | verdict_counts(pairs)


async def failure_of(work: Predicting, answered: int) -> RunFailed | None:
    """What the run ends with where no checkpoint could be predicted, or none gave a single prediction."""
    if not work.watch.seen or (answered and len(work.failures) < len(work.watch.seen)):
        return None
    why = work.failures[min(work.failures)] if work.failures else await first_failure(work)
    return RunFailed(f"no checkpoint of {work.training.folder!r} could be predicted; the first: {why}")


async def first_failure(work: Predicting) -> str:
    """Why the first prediction failed."""
    setup = work.setup
    async with work.run.database.session() as session:
        await acting_as(session, setup.job.user_id)
        page = await list_predictions(session, setup.job.job_id, variant=setup.variant, limit=1)
    return next((row.failure for row in page.items if row.failure), "no prompt was asked")


def answered_in(found: TrainingSummary) -> int:
    """How many predictions there are."""
    return sum(step.predictions - step.failed for step in found.steps)


def notes_of(work: Predicting) -> tuple[str, ...]:
    """What a reader must know: the job, where it was computed, why it ended, what could not be read."""
    job = work.setup.job
    return (
        f"Job {job.job_id} of user {job.user_id!r}, variant {work.setup.variant!r}; read its predictions with: "
        f"evalflows predictions show {job.job_id} --user {job.user_id} --variant {work.setup.variant}",
        f"Answered by {work.backend.words}{f'; {work.timing}' if work.timing else ''}.",
        f"Ended: {work.watch.ended}.",
        *(work.failures[step] for step in sorted(work.failures)),
    )


async def show_steps(work: Predicting, found: TrainingSummary, summary: RunSummary) -> None:
    """Show figures by step in Prefect, with what the judge said of each."""
    judged = [
        {
            wanted: round(metric.value, 3)
            for wanted in ("better", "worse")
            if (metric := summary.metrics.get(f"{wanted}_at_{step.step}")) and metric.value is not None
        }
        for step in found.steps
    ]
    await show(
        acreate_table_artifact(
            table=[row | said for row, said in zip(artifact_rows(found), judged, strict=True)],
            key=artifact_key(f"predictions-{work.setup.job.job_id}-{work.setup.variant}"),
            description=f"Predictions of job {work.setup.job.job_id}, variant {work.setup.variant}",
        )
    )
