"""Answers prompts with a model that may be in training: a plain function, which leaves everything as it was."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from tasks.predictions.generation.answer import Answering
from tasks.predictions.generation.identity import identity_of
from tasks.predictions.generation.limits import ends_of, limits_of
from tasks.predictions.generation.one_pass import Pass
from tasks.predictions.generation.packing import warn_of_packing
from tasks.predictions.generation.precision import dtype_words, precision_of
from tasks.predictions.generation.restoring import out_of_training
from tasks.predictions.generation.unwrap import Model, SharedModel, device_of, refuse_sharded, unwrap
from tasks.predictions.prompts import GenerationSettings, PassResult, Prompt

logger = logging.getLogger(__name__)


class GenerationFailed(Exception):
    """No prompt was answered; `result` holds the failed completions, each with its reason."""

    def __init__(self, message: str, result: PassResult) -> None:
        super().__init__(message)
        self.result = result


def generate(
    model: Model,
    tokenizer: Any,  # noqa: ANN401 whose own types are unknown in part
    prompts: Sequence[Prompt],
    settings: GenerationSettings,
    *,
    autocast_dtype: torch.dtype | None = None,
    on_batch: Callable[[int], None] | None = None,
) -> PassResult:
    """Answer every prompt, repeat after repeat, in batches of fixed order and size.

    The model's modes, its generation config, the random numbers of Python, numpy and torch and the tokenizer are
    afterwards what they were, after an error or an interrupt too. Greedy answers in float32 do not depend on the batch;
    in lower precisions a few do (3 of 200 in bfloat16), and another precision says something else, so it is stored.

    Args:
        model: In training or not: a full model or a PEFT adapter, quantized or not, wrapped or compiled or not.
        tokenizer: Writes tokens as text; its padding is neither used nor changed.
        prompts: Those with a `failure` are not asked, and have it in their completion.
        settings: The model's own generation settings are not used, but for the tokens that end an answer.
        autocast_dtype: The training's precision, `torch.bfloat16` or `torch.float16`; None or `torch.float32` means
            what accelerate prepared the model for, else what its weights need.
        on_batch: Called after each batch with how many prompts it had; what it raises ends the pass.

    Returns:
        A completion for each prompt and repeat, in order of repeat and prompt.

    Raises:
        SharedModel: Its weights are shared out over processes; `refuse_sharded` tells beforehand.
        GenerationFailed: There were prompts, and none was answered. It was logged at ERROR.
        ValueError: Repeats without a temperature would all be the same.
    """
    if settings.repeats > 1 and not settings.temperature:
        raise ValueError(f"repeats={settings.repeats} needs a temperature above 0: greedy answers are all the same")
    if reason := refuse_sharded(model):
        raise SharedModel(reason)
    began, precision, inner = time.perf_counter(), precision_of(model, autocast_dtype), unwrap(model)
    text_tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # a processor's
    ends = ends_of(inner, text_tokenizer)
    answering = Answering(inner, text_tokenizer, device_of(inner), precision, settings, ends)
    warn_of_packing(inner)
    one_pass = Pass(answering, limits_of(inner, settings.max_new_tokens))
    with out_of_training(inner, answering.config()):
        for repeat in range(settings.repeats):
            one_pass.run(prompts, repeat, on_batch or _ignore)
    result = PassResult(
        identity_of(inner, tokenizer, dtype_words(inner, precision)),
        tuple(one_pass.completions),
        time.perf_counter() - began,
        one_pass.dtypes,
    )
    return _judged(result)


def _judged(result: PassResult) -> PassResult:
    """Say how the pass went."""
    failed, asked = result.failed, len(result.completions)
    answered = asked - len(failed)
    words = f"{answered} of {asked} prompts answered, {len(failed)} failed, {result.seconds:.1f} s"
    logger.log(logging.WARNING if failed else logging.INFO, "predictions: %s (%s)", words, result.identity.dtype)
    if failed and not answered:
        message = f"none of {asked} prompts was answered; the first: {failed[0].failure}"
        logger.error("predictions: %s", message)
        raise GenerationFailed(message, result)
    return result


def _ignore(_: int) -> None:
    """Nobody wants to know."""
