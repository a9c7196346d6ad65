"""Takes a model out of its training for a while, and puts it back as it was, whatever happens meanwhile."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import random
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from transformers import GenerationConfig

from tasks.predictions.generation.packing import SWITCH
from tasks.predictions.generation.unwrap import Model

BORROWED = ("training", "generation_config", "prepare_inputs_for_generation", SWITCH)
"""What is changed on modules: by us, and the third by PEFT, which restores it unless it is interrupted."""

ABSENT: Any = object()


@contextmanager
def out_of_training(model: Model, config: GenerationConfig) -> Generator[None]:
    """The unwrapped model in eval mode, without gradients, generating as `config` says.

    Eval mode is what makes checkpointed layers keep their cache; checkpointing itself and `config.use_cache` stay as
    they are. The model's own generation config is set aside, since transformers takes from it whatever another one
    leaves open, a static cache or a penalty among it. What was compiled runs as it was written: each length of a
    batch would be compiled anew.
    """
    before = [(module, {name: vars(module).get(name, ABSENT) for name in BORROWED}) for module in model.modules()]
    try:
        with _same_random_numbers(), _uncompiled(model), torch.inference_mode():
            model.eval()
            model.generation_config = config
            for module in model.modules():
                if hasattr(module, SWITCH):
                    setattr(module, SWITCH, False)
            yield
    finally:
        for module, values in before:
            vars(module).update({name: value for name, value in values.items() if value is not ABSENT})
            for name in [name for name, value in values.items() if value is ABSENT]:
                vars(module).pop(name, None)
        for weights in model.parameters():
            if weights.is_inference():  # a layer cast them in place, as Linear4bit does with its bias
                weights.data = weights.data.clone()


@contextmanager
def _same_random_numbers() -> Generator[None]:
    """Python's, numpy's and torch's random numbers go on afterwards as if nothing had been drawn."""
    pythons, numpys = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(pythons)
        np.random.set_state(numpys)


def _uncompiled(model: Model) -> AbstractContextManager[Any]:
    """Run what torch.compile was given as it was written; only where there is such, since importing dynamo is slow."""
    compiled = (vars(each).get("_compiled_call_impl") or "_orig_mod" in each._modules for each in model.modules())
    return torch.compiler.set_stance("force_eager") if any(compiled) else nullcontext()
