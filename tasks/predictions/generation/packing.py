"""4-bit weights on a processor with AVX512-BF16, which bitsandbytes packs anew at the first forward in eval mode."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import logging
from functools import cache

from tasks.predictions.generation.unwrap import Model

logger = logging.getLogger(__name__)

SWITCH = "support_avx512bf16_for_cpu"
"""Of bitsandbytes' Linear4bit, on every processor that has AVX512-BF16 (bitsandbytes 0.50, nn/modules.py)."""

ENDS_LEARNING = (
    "on this processor bitsandbytes packs 4-bit weights for inference at the first evaluation, the Trainer's own "
    "included, and the model learns nothing from then on; set module.support_avx512bf16_for_cpu = False on every "
    "Linear4bit before training. Predictions leave the weights as they are."
)


def warn_of_packing(model: Model) -> None:
    """Say it once in a process where a model in training is at risk."""
    if not any(weights.requires_grad for weights in model.parameters()):
        return
    if any(getattr(module, SWITCH, False) and module.weight.device.type == "cpu" for module in model.modules()):
        say_once()


@cache
def say_once() -> None:
    """Log `ENDS_LEARNING`, the first time."""
    logger.warning(ENDS_LEARNING)
