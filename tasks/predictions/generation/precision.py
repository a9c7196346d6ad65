"""In which precision a model in training computes, and the words for it.

accelerate patches the forward of the outer model with autocast. The `generate` of a PEFT model calls the inner one and
passes it by: training runs, and generation meets weights of different precisions. So generation brings its own
autocast, for full models and adapters alike. It uses transformers' dynamic cache only: a static one is made in the
precision of the weights, and takes no bfloat16 where they are float32.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

from contextlib import AbstractContextManager, nullcontext

import torch

from tasks.predictions.generation.unwrap import Model, unwrap

HALVES = (torch.bfloat16, torch.float16)
BY_NAME = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp8": torch.bfloat16}
"""accelerate's names; what it does not compute in fp8 is in bfloat16."""


def precision_of(model: Model, asked: torch.dtype | None) -> torch.dtype | None:
    """What to autocast to; None where nothing is to be cast.

    In this order: what was asked, what accelerate prepared the model for, and, where the weights are of different
    precisions, the lower one, since layers that meet another precision fail.
    """
    if asked in HALVES:
        return asked
    if prepared := _prepared_for(model):
        return prepared
    found = {weights.dtype for weights in model.parameters() if weights.is_floating_point() and not _is_packed(weights)}
    return next((half for half in HALVES if half in found), None) if len(found) > 1 else None


def computing_in(precision: torch.dtype | None, device: torch.device) -> AbstractContextManager[object]:
    """Autocast to a precision; None leaves everything as it is."""
    return nullcontext() if precision is None else torch.autocast(device.type, dtype=precision)


def dtype_words(model: Model, precision: torch.dtype | None) -> str:
    """As `bfloat16 autocast over nf4 + float32`; the precision that most weights have comes first."""
    sizes: dict[str, int] = {}
    for weights in model.parameters():
        count = 2 * weights.nbytes if _is_packed(weights) else weights.numel()
        sizes[name_of(weights)] = sizes.get(name_of(weights), 0) + count
    over = " + ".join(sorted(sizes, key=lambda name: -sizes[name]))
    return over if precision is None else f"{_plain(precision)} autocast over {over}"


def name_of(weights: torch.Tensor) -> str:
    """A precision's name: `float32`, `int8`; `nf4` or `fp4` where bitsandbytes packed two weights into a byte."""
    return str(getattr(weights, "quant_type", None) or _plain(weights.dtype))


def _plain(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _is_packed(weights: torch.Tensor) -> bool:
    return hasattr(weights, "quant_type")


def _prepared_for(model: Model) -> torch.dtype | None:
    """The mixed precision of accelerate, where it has patched this model's forward."""
    if not any("_original_forward" in vars(each) for each in (model, unwrap(model))):
        return None
    from accelerate.state import AcceleratorState, is_initialized  # pyright: ignore[reportMissingTypeStubs]

    return BY_NAME.get(str(AcceleratorState().mixed_precision)) if is_initialized() else None
