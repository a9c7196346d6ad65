"""Gets all that predictions in a training need before its first step, so that what is wrong costs no training."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# transformers says in part only what its functions give

import logging
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerState, TrainingArguments

from settings import get_prediction_settings
from storage.prediction_store import open_prediction_store
from tasks.errors import RunRefused
from tasks.predictions.config.cost import estimate_cost
from tasks.predictions.generation.identity import template_hash
from tasks.predictions.generation.unwrap import refuse_sharded
from tasks.predictions.job import JobSetup, identify_job, set_up_job
from tasks.predictions.prompts import Prompt
from tasks.predictions.samples import context_of, make_prompts
from tasks.predictions.training.destination import Destination
from tasks.predictions.training.job_source import JobSource
from tasks.predictions.training.moments import never_comes, planned_passes
from tasks.predictions.training.recording import Recording
from tasks.predictions.training.wanted import Wanted

logger = logging.getLogger(__name__)
NO_TOKENIZER = (
    "the trainer has no tokenizer to write prompts with: give it one as processing_class=, "
    "or give PredictionsCallback one as tokenizer="
)


def start_recording(
    wanted: Wanted,
    args: TrainingArguments,
    state: TrainerState,
    model: Any,  # noqa: ANN401 whose own types are unknown in part
    processing_class: Any,  # noqa: ANN401
) -> Recording | None:
    """Read the job and its samples, pin them, and open where rows go; None for a job that is not enabled.

    Raises:
        RunRefused: Something of it cannot be used; nothing is left open.
    """
    limits = get_prediction_settings()
    job = identify_job(wanted.job_id, wanted.user_id)
    with ExitStack() as opened:
        sink = wanted.sink
        if sink is None and wanted.spool is None:
            sink = opened.enter_context(closing(open_prediction_store()))
        source = JobSource(sink, wanted.data, wanted.config)
        config, data = source.read(job, limits)
        if not config.enabled:
            logger.info("no predictions are made: job %s is not enabled", job.job_id)
            return None
        tokenizer = tokenizer_of(wanted.tokenizer or processing_class)
        refuse_what_cannot_generate(model)
        setup = set_up_job(job, config, data, wanted.variant)
        prompts = make_prompts(setup.samples, tokenizer, config.max_new_tokens, context_of(model.config))
        refuse_all_unaskable(prompts, data)
        variant = setup.pinned(template_hash(tokenizer))
        source.pin(job, variant)
        folder = Path(wanted.spool).expanduser() if wanted.spool is not None else limits.spool_folder
        destination = Destination(sink, job, variant, folder, limits.queue_rows, opened.pop_all().close)
    passes = foretell(setup, prompts, planned_passes(config, args, state, wanted.at_start), never_comes(config, args))
    others_wait_seconds = float(args.ddp_timeout) if args.world_size > 1 else None
    return Recording(setup, prompts, tokenizer, destination, autocast_of(args), passes, others_wait_seconds)


def tokenizer_of(processing_class: Any) -> Any:  # noqa: ANN401
    """The tokenizer, also of a processor for several kinds of input.

    Raises:
        RunRefused: There is none.
    """
    if processing_class is None:
        raise RunRefused(NO_TOKENIZER)
    return getattr(processing_class, "tokenizer", processing_class)


def refuse_what_cannot_generate(model: Any) -> None:  # noqa: ANN401
    """Let no training begin that could not be predicted.

    Raises:
        RunRefused: The main process alone cannot generate, as under FSDP and ZeRO-3.
    """
    if reason := refuse_sharded(model):
        raise RunRefused(f"predictions cannot be made in this training: {reason}")


def refuse_all_unaskable(prompts: Sequence[Prompt], data: str | Path) -> None:
    """Let no training begin whose predictions would all be failures.

    Raises:
        RunRefused: No prompt can be asked.
    """
    if all(prompt.failure is not None for prompt in prompts):
        raise RunRefused(f"{data}: none of its {len(prompts)} samples can be asked; the first: {prompts[0].failure}")


def autocast_of(args: TrainingArguments) -> torch.dtype | None:
    """The precision that training computes in; None where it is the weights' own."""
    if args.bf16:
        return torch.bfloat16
    return torch.float16 if args.fp16 else None


def foretell(setup: JobSetup, prompts: Sequence[Prompt], passes: int | None, never: str | None) -> int | None:
    """Say what predictions will come to, and which will not come; returns the passes."""
    estimate = estimate_cost(setup.config, get_prediction_settings(), passes=passes, samples=len(prompts))
    logger.info("predictions of job %s: %s", setup.job.job_id, estimate.line())
    if warning := estimate.warning():
        logger.warning("%s", warning)
    if never is not None:
        logger.warning("predictions are made before and after training only: %s", never)
    for prompt in prompts:
        if prompt.failure is not None:
            logger.warning("sample %d is not predicted: %s", prompt.index, prompt.failure)
    return passes
