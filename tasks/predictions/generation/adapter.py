"""The weights of the adapter that is active in a model: PEFT's own models, and transformers models that loaded one."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import hashlib
from collections.abc import Iterable
from typing import Any, cast

import torch

from tasks.predictions.generation.unwrap import Model


def adapter_weights(model: Model) -> dict[str, torch.Tensor]:
    """By name, sorted; empty without an adapter.

    PEFT keeps the weights of an adapter `default` as `...lora_A.default.weight`: they are known by the adapter's name,
    which is left out, as is PEFT's own prefix, so that an adapter has the same names wherever it is loaded.
    """
    active = _active_adapters(model)
    found: dict[str, torch.Tensor] = {}
    for name, weights in model.named_parameters():
        parts = name.removeprefix("base_model.model.").split(".")
        if any(part in active for part in parts):
            found[".".join(part for part in parts if part not in active)] = weights
    return dict(sorted(found.items()))


def adapter_hash(model: Model) -> str | None:
    """SHA-256 (hex) over names, shapes and values as float32; None without an adapter.

    Values are taken as float32, which holds each of bfloat16 and float16 exactly: a checkpoint that is loaded in
    another precision than it was trained in keeps its hash. About 1 s per GB.
    """
    adapter = adapter_weights(model)
    if not adapter:
        return None
    whole = hashlib.sha256()
    for name, weights in adapter.items():
        whole.update(f"{name} {tuple(weights.shape)}\n".encode())
        whole.update(weights.detach().to("cpu", torch.float32).contiguous().numpy().data)
    return whole.hexdigest()


def _active_adapters(model: Model) -> set[str]:
    if not getattr(model, "peft_config", None):
        return set()
    active: Any = model.active_adapters  # a property of PEFT's models, a method of transformers'
    return set(cast("Iterable[str]", active() if callable(active) else active))
