"""The pairwise task: a judge compares the predictions of one step with those of the step before."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import get_args
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from storage.queries.jobs import acting_as
from storage.queries.pairwise import PairwiseVerdict, list_verdicts, save_verdicts
from storage.queries.predictions import list_predictions, list_steps
from storage.records import RETRYABLE, UnscoredReason
from storage.records.prediction import Prediction
from tasks.checkpoints import Predicting, predicting
from tasks.predictions.pairwise.compare import Compared, compare_pair
from tasks.predictions.pairwise.question import VERSION
from tasks.providers.client import ModelClient
from tasks.retries import is_infrastructure_failure

REASONS: dict[str, UnscoredReason] = {reason: reason for reason in get_args(UnscoredReason)}

Pair = tuple[Prediction, Prediction]
"""The predictions of one sample in one repeat: at the step before, and at the step."""


def versions_of(judge: str) -> dict[str, str]:
    """What verdicts depend on besides the predictions: pinned with the run, compared on a resume."""
    return {} if judge == "rules" else {"pairwise": VERSION}


async def judge_pairs(run_id: UUID) -> None:
    """Compare each step of the job's variant that has predictions with the one before, as far as that is missing."""
    work = predicting(run_id)
    steps = await steps_of(work)
    work.run.message = "comparing with the previous checkpoint"
    for previous_step, step in pairwise(steps):
        await judge_step(run_id, step, previous_step)


async def steps_of(work: Predicting) -> list[int]:
    """The steps that have predictions, in order; those made during training too."""
    async with work.run.database.session() as session:
        await acting_as(session, work.setup.job.user_id)
        found = await list_steps(session, work.setup.job.job_id, work.setup.variant)
    return [one.step for one in found if one.predictions > one.failed]


@task(
    name="judge-step",
    task_run_name="step {step} against {previous_step}",
    retries=3,
    retry_delay_seconds=[5, 20, 60],
    retry_condition_fn=is_infrastructure_failure,
    cache_policy=NO_CACHE,
)
async def judge_step(run_id: UUID, step: int, previous_step: int) -> int:
    """Judge the pairs of two steps that have no verdict yet; returns how many those were."""
    work = predicting(run_id)
    ask = work.run.ask
    assert ask is not None
    judged = {(each.sample_index, each.repeat) for each in await verdicts_of(work, step, previous_step) if final(each)}
    missing = [pair for pair in await pairs_of(work, step, previous_step) if key_of(pair) not in judged]
    for start in range(0, len(missing), work.run.calls.concurrency):
        part = missing[start : start + work.run.calls.concurrency]
        # not a TaskGroup: a pair whose row cannot be written must not cut off calls that are on the wire
        ended = await asyncio.gather(*(judge_and_store(work, ask, pair) for pair in part), return_exceptions=True)
        for outcome in ended:
            if outcome is not None:
                raise outcome
    return len(missing)


async def judge_and_store(work: Predicting, ask: ModelClient, pair: Pair) -> None:
    """Judge one pair and commit its row."""
    if ask.budget_exhausted:
        compared = Compared(None, unscored="budget", detail="not asked: the budget of the run is used up")
    else:
        compared = await compare_pair(*pair, ask, tell=work.run.calls.log_content)
    async with work.run.database.transaction() as session:
        await acting_as(session, work.setup.job.user_id)
        await save_verdicts(session, [verdict_row(work, pair, compared)])


def verdict_row(work: Predicting, pair: Pair, compared: Compared) -> PairwiseVerdict:
    """The verdict as it is stored; where there is none, `reason` begins with why, as `judge_failed: ...`."""
    earlier, later = pair
    return PairwiseVerdict(
        job_id=later.job_id,
        variant=later.variant,
        step=later.step,
        previous_step=earlier.step,
        sample_index=later.sample_index,
        repeat=later.repeat,
        judge=str(work.run.judge),
        verdict=compared.verdict,
        first_answer=compared.earlier_first,
        second_answer=compared.later_first,
        reason=f"{compared.unscored}: {compared.detail}" if compared.unscored else compared.detail,
        run_id=work.run.id,
    )


async def verdicts_of(work: Predicting, step: int, previous_step: int) -> list[PairwiseVerdict]:
    """What this run's judge has said of these two steps."""
    async with work.run.database.session() as session:
        await acting_as(session, work.setup.job.user_id)
        found = await list_verdicts(session, work.setup.job.job_id, work.setup.variant, step=step)
    judge = str(work.run.judge)
    return [each for each in found if each.previous_step == previous_step and each.judge == judge]


async def pairs_of(work: Predicting, step: int, previous_step: int) -> list[Pair]:
    """The samples that have a prediction at both steps."""
    earlier, later = await answers_at(work, previous_step), await answers_at(work, step)
    before = {(each.sample_index, each.repeat): each for each in earlier}
    return [(before[key], each) for each in later if (key := (each.sample_index, each.repeat)) in before]


async def answers_at(work: Predicting, step: int) -> Sequence[Prediction]:
    """The predictions of a step, without those that failed."""
    setup = work.setup
    async with work.run.database.session() as session:
        await acting_as(session, setup.job.user_id)
        page = await list_predictions(session, setup.job.job_id, variant=setup.variant, step=step, limit=0)
    return [each for each in page.items if each.failure is None]


def key_of(pair: Pair) -> tuple[int, int]:
    """Sample and repeat."""
    return pair[1].sample_index, pair[1].repeat


def final(verdict: PairwiseVerdict) -> bool:
    """Whether a verdict is not to be asked for again."""
    return verdict.verdict is not None or unscored_reason(verdict) not in RETRYABLE


def unscored_reason(verdict: PairwiseVerdict) -> UnscoredReason:
    """Why there is no verdict."""
    return REASONS.get((verdict.reason or "").partition(":")[0], "infra")
