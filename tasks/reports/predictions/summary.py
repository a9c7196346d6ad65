"""What a training did to its predictions, step by step: figures, changes, and which samples flipped."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from storage.records import Record

Verdict = Literal["better", "worse", "changed", "not shown"]


class StepChange(Record):
    """How a metric changed from the step before, over the samples measured at both; repeats of a sample averaged.

    Attributes:
        since: The step before.
        before: Over the samples of both.
        after: The same.
        low: Lower end of the 95 % interval of after minus before; None where too little moved to estimate it.
        high: Upper end.
        p_value: Two-sided (sign-flip test), that nothing changed.
        p_corrected: Corrected over the metrics of the step (Holm); not over the steps.
        pairs: Samples measured at both.
        smallest_seen: The smallest change that would be significant in 80 of 100 tries; None where none would, or too
            little moved to say.
        fewest_pairs: Samples needed before any change of a metric can be significant.
        verdict: `not shown` where it cannot be told from chance; `changed` where neither way is better.
    """

    since: int
    before: float
    after: float
    difference: float
    low: float | None
    high: float | None
    p_value: float
    p_corrected: float
    pairs: int
    smallest_seen: float | None
    fewest_pairs: int
    verdict: Verdict


class StepFigure(Record):
    """One metric at one step.

    Attributes:
        value: Mean over the samples, or a share; None when nothing was scored.
        n: Samples it is over.
        low: Lower end of the 95 % interval; None where it cannot be estimated.
        high: Upper end.
        unscored: Predictions that failed, and so were not scored; never counted as 0.
        best: A share if all of these succeeded; None for what is no share.
        worst: A share if none of these did.
        change: From the step before; None at the first, and where no sample was measured at both.
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    unscored: int = 0
    best: float | None = None
    worst: float | None = None
    change: StepChange | None = None


class JudgeCount(Record):
    """What a judge said of a step, held against an earlier one: predictions by verdict.

    Attributes:
        judge: As `openai:gpt-5-mini`.
        since: The earlier step.
        unscored: Pairs without a verdict, as where the judge changed its mind with the order.
        p_value: Two-sided (sign-flip test over samples), that neither step is better; not corrected.
    """

    judge: str
    since: int
    better: int
    worse: int
    same: int
    unscored: int
    p_value: float


class StepSummary(Record):
    """One step.

    Attributes:
        predictions: Rows, the failed among them.
        failed: Rows without a prediction.
        truncated: Predictions stopped by the limit of tokens.
        figures: By metric.
        gained: Samples that match their ground truth now and did not at the step before, by index.
        lost: The other way round.
        judged: What judges said of it, held against an earlier step.
    """

    step: int
    epoch: float | None
    predictions: int
    failed: int
    truncated: int
    figures: dict[str, StepFigure]
    gained: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()
    judged: tuple[JudgeCount, ...] = ()


class TrainingSummary(Record):
    """All steps of one variant of a job.

    Attributes:
        job_id: The job.
        name: As its user named it.
        variant: Of the prompts and settings.
        samples: Different samples, over all steps.
        metrics: Names, in the order in which they are read.
        steps: From the first.
        notes: What a reader must know, a sentence each.
        created_at: When the job was made; None where that is not known.
    """

    job_id: UUID
    name: str = ""
    variant: str
    samples: int
    metrics: tuple[str, ...]
    steps: tuple[StepSummary, ...]
    notes: tuple[str, ...] = ()
    created_at: AwareDatetime | None = None
