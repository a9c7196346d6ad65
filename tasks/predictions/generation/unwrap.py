"""The model inside its wrappers, and whether this process holds the whole of it."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

from typing import Any

from torch.nn import DataParallel
from torch.nn.parallel import DistributedDataParallel

Model = Any
"""A causal language model of transformers or PEFT, whose own types are unknown in part."""

ELSEWHERE = "make the predictions from its checkpoints instead: evalflows run predict-checkpoints"


class SharedModel(Exception):
    """No process holds the whole model; the message is one line that says what to do."""


def unwrap(model: Model) -> Model:
    """What can generate: without DataParallel, DistributedDataParallel, DeepSpeed's engine and torch.compile."""
    while True:
        if isinstance(model, DataParallel | DistributedDataParallel) or type(model).__name__ == "DeepSpeedEngine":
            model = model.module
        elif "_orig_mod" in getattr(model, "_modules", {}):
            model = model._orig_mod
        else:
            return model


def refuse_sharded(model: Model) -> str | None:
    """Why this process cannot generate alone, in one line; None where it can.

    Known by what sharding leaves on a model: FSDP's modules (version 1), parameters that are DTensors (version 2, and
    tensor parallelism), the `ds_id` of ZeRO-3's parameters. ZeRO-1, ZeRO-2 and DDP leave the weights whole.
    """
    if any(type(module).__name__ == "FullyShardedDataParallel" for module in model.modules()):
        return f"the model's weights are shared out by FSDP; {ELSEWHERE}"
    for weights in model.parameters():
        if any(kind.__name__ == "DTensor" for kind in type(weights).__mro__):
            return f"the model's weights are shared out over processes (DTensor); {ELSEWHERE}"
        if hasattr(weights, "ds_id"):
            return f"the model's weights are shared out by DeepSpeed ZeRO-3; {ELSEWHERE}"
    return None


def device_of(model: Model) -> Any:  # noqa: ANN401 torch.device, which its stub does not say
    """Where the inputs belong: the device of the first weights that are not offloaded."""
    return next(weights.device for weights in model.parameters() if weights.device.type != "meta")
