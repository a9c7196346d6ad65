"""One pass over a job's prompts as rows: what was said, how it was computed, and how good it is."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from storage.records.prediction import Prediction
from tasks.predictions.prompts import Completion, GenerationSettings, ModelIdentity, PassResult, Prompt

logger = logging.getLogger(__name__)

Metrics = Callable[[str, str | None], dict[str, float | None]]
"""A prediction and its ground truth (None: there is none) into figures by name."""


def rows_of(
    job_id: UUID,
    variant: str,
    step: int,
    epoch: float | None,
    prompts: Sequence[Prompt],
    result: PassResult,
    settings: GenerationSettings,
    metrics: Metrics,
) -> list[Prediction]:
    """The rows of a pass, one for each completion, failed ones too, in the order of the completions.

    Args:
        job_id: Whose they are.
        variant: Of the job.
        step: Optimizer steps done.
        epoch: Epochs done; None where it is not known.
        prompts: What was asked; completions name them by `index`.
        result: What came of it.
        settings: What it was generated with.
        metrics: Asked for each prediction; where it fails, the row has no metrics and the reason is logged at ERROR.
    """
    asked = {prompt.index: prompt for prompt in prompts}
    made_by = {**asdict(settings), "backend": result.identity.backend}
    common: dict[str, Any] = {
        "job_id": job_id,
        "variant": variant,
        "step": step,
        "epoch": epoch,
        "adapter_hash": result.identity.adapter_hash,
        "base_revision": result.identity.base_revision,
        "template_hash": result.identity.template_hash,
        "dtype": result.identity.dtype,
        "generation": made_by,
    }
    return [
        Prediction(**common, **_answer(asked[completion.index], completion, metrics))
        for completion in result.completions
    ]


def missing_prompts(
    prompts: Sequence[Prompt], repeats: int, answered: Collection[tuple[int, int]]
) -> tuple[Prompt, ...]:
    """The prompts that have to be asked at a step which may have been predicted before; none: it is complete.

    While one that can be asked is missing, it is all of them: batches of other prompts give other texts in bfloat16.

    Args:
        prompts: Of the job.
        repeats: How often each is asked.
        answered: Index and repeat of what a step has an answer for; the failed are not among it.
    """
    missing = [prompt for prompt in prompts if any((prompt.index, repeat) not in answered for repeat in range(repeats))]
    return tuple(prompts) if any(prompt.failure is None for prompt in missing) else tuple(missing)


def failed_pass(
    prompts: Sequence[Prompt], settings: GenerationSettings, why: str = "", dtype: str = "unknown"
) -> PassResult:
    """A pass that gave nothing, as failed completions with the reason; what cannot be asked keeps its own."""
    failed = [
        Completion(prompt.index, repeat, failure=prompt.failure or why, tokens_in=len(prompt.tokens))
        for repeat in range(settings.repeats)
        for prompt in prompts
    ]
    return PassResult(ModelIdentity(dtype=dtype), tuple(failed))


def _answer(prompt: Prompt, completion: Completion, metrics: Metrics) -> dict[str, Any]:
    """What one row says of its sample."""
    return {
        "sample_index": prompt.index,
        "repeat": completion.repeat,
        "sample_id": prompt.sample_id,
        "prompt": prompt.text,
        "ground_truth": prompt.ground_truth,
        "prediction": completion.text,
        "failure": completion.failure,
        "truncated": completion.truncated,
        "metrics": _figures(prompt, completion, metrics),
        "seed": completion.seed,
        "tokens_in": completion.tokens_in,
        "tokens_out": completion.tokens_out,
        "latency_seconds": completion.latency_seconds,
    }


def _figures(prompt: Prompt, completion: Completion, metrics: Metrics) -> dict[str, float | None]:
    """The metrics of one prediction, and how likely the model thinks the ground truth."""
    figures: dict[str, float | None] = {}
    if completion.text is not None:
        try:
            figures = dict(metrics(completion.text, prompt.ground_truth))
        except Exception:  # whatever a metric raises, the prediction itself is kept
            logger.error("sample %d: its metrics failed; the row is stored without", prompt.index, exc_info=True)
    return figures | {"truth_loss": completion.truth_loss}
