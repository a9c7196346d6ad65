"""From the scores of all steps to the summary of a training."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from storage.records.prediction import TrainingJob
from tasks.reports.predictions.catalog import in_order
from tasks.reports.predictions.changes import changes, flips
from tasks.reports.predictions.figures import figure
from tasks.reports.predictions.judged import PairVerdict, judged
from tasks.reports.predictions.scores import StepScores
from tasks.reports.predictions.summary import StepChange, StepSummary, TrainingSummary
from tasks.reports.words import counted


def summarise_training(
    job: TrainingJob, variant: str, scores: Sequence[StepScores], verdicts: Iterable[PairVerdict] = ()
) -> TrainingSummary:
    """The summary of one variant of a job.

    Args:
        job: The job.
        variant: Which of its variants.
        scores: One for each step, in any order.
        verdicts: Of judges, in any order.
    """
    ordered = sorted(scores, key=lambda each: each.step)
    names = in_order({name for step in ordered for name in step.by_metric})
    steps = [step_summary(step, before, names) for before, step in pairwise([None, *ordered]) if step is not None]
    counts = judged(verdicts)
    steps = [step.model_copy(update={"judged": counts.get(step.step, ())}) for step in steps]
    samples = frozenset[int]().union(*(step.samples for step in ordered))
    return TrainingSummary(
        job_id=job.job_id,
        name=job.name,
        variant=variant,
        samples=len(samples),
        metrics=names,
        steps=tuple(steps),
        notes=tuple(notes(ordered, steps, len(samples))),
        created_at=job.created_at,
    )


def step_summary(step: StepScores, before: StepScores | None, names: Sequence[str]) -> StepSummary:
    """One step, and its changes from the one before."""
    changed = changes(before, step) if before else {}
    gained, lost = flips(before, step) if before else ((), ())
    figures = {name: figure(name, step) for name in names}
    return StepSummary(
        step=step.step,
        epoch=step.epoch,
        predictions=step.predictions,
        failed=step.failed,
        truncated=step.truncated,
        figures={name: found.model_copy(update={"change": changed.get(name)}) for name, found in figures.items()},
        gained=gained,
        lost=lost,
    )


def notes(scores: Sequence[StepScores], steps: Sequence[StepSummary], samples: int) -> list[str]:
    """What a reader must know."""
    said = list[str]()
    fewest = max((change.fewest_pairs for step in steps for change in changes_of(step)), default=0)
    if samples < fewest:
        said.append(
            f"{counted(samples, 'sample')}: too few for any change from one step to the next to be significant, "
            f"however large; {fewest} are needed. Read the predictions instead."
        )
    failed = sum(step.failed for step in steps)
    if failed:
        said.append(
            f"{counted(failed, 'prediction')} failed: not scored, which is not 0. A share is also given as it would be "
            "had none of them succeeded, and had all."
        )
    partial = [step.step for step in scores if len(step.samples) < samples]
    if partial:
        named = ", ".join(map(str, partial[:5])) + (" ..." if len(partial) > 5 else "")
        said.append(f"Not all samples were asked at every step (step {named}): changes are over those asked at both.")
    return said


def changes_of(step: StepSummary) -> list[StepChange]:
    """The changes that a step has."""
    return [found.change for found in step.figures.values() if found.change]
