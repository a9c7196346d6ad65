"""Loads one checkpoint onto a device, and gives the memory back when it is done with."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# transformers and peft say in part only what their functions give

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer
from transformers.utils.logging import disable_progress_bar, enable_progress_bar, is_progress_bar_enabled

from tasks.errors import RunRefused
from tasks.predictions.generation.identity import template_hash
from tasks.predictions.prompts import Prompt
from tasks.predictions.samples import Sample, context_of, make_prompts
from tasks.providers.local_model.folders import ModelFolders
from tasks.providers.local_model.generate import forget_memory
from tasks.providers.local_model.load import best_device, load_base, put_adapter


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A model ready to generate.

    Attributes:
        model: In evaluation mode, its adapter put into it.
        tokenizer: The checkpoint's own, else the base's.
    """

    model: Any
    tokenizer: Any


def choose_device(name: str) -> str:
    """The device to compute on, as torch names it.

    Args:
        name: `auto` (a GPU where there is one) or a device of torch.

    Raises:
        RunRefused: torch knows no such device, or it is not there.
    """
    if name == "auto":
        return best_device()
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = str(error).partition("\n")[0]
        raise RunRefused(
            f"device {name!r} cannot be used: {why}; torch would choose {best_device()!r} here (--device auto)"
        ) from error
    return name


def read_prompts(
    folders: ModelFolders, tokenizer_folder: Path, samples: Sequence[Sample], most: int
) -> tuple[tuple[Prompt, ...], str | None]:
    """The prompts as a checkpoint's tokenizer writes them, and the hash of its chat template; no weights are read.

    Args:
        folders: Where the model is.
        tokenizer_folder: Where its tokenizer is.
        samples: Of the job.
        most: Most new tokens of a prediction.

    Raises:
        Exception: Whatever transformers raises where files are broken or missing.
    """
    tokenizer: Any = AutoTokenizer.from_pretrained(tokenizer_folder, local_files_only=True)
    config: Any = AutoConfig.from_pretrained(folders.base, local_files_only=True)
    return make_prompts(samples, tokenizer, most, context_of(config)), template_hash(tokenizer)


def load_checkpoint(folders: ModelFolders, tokenizer_folder: Path, device_name: str) -> LoadedCheckpoint:
    """Load a model, with its adapter on top where it has one; nothing is fetched, and no code of theirs is run.

    Raises:
        Exception: Whatever torch, transformers and peft raise where files are broken, missing, or too large.
    """
    device = torch.device(device_name)
    showed_progress = is_progress_bar_enabled()
    disable_progress_bar()
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(tokenizer_folder, local_files_only=True)
        model = load_base(ModelFolders(folders.base), device)
        if folders.adapter is not None:
            put_adapter(model, folders.adapter, len(tokenizer))
    finally:
        if showed_progress:
            enable_progress_bar()
    return LoadedCheckpoint(model.eval(), tokenizer)


def forget(device_name: str) -> None:
    """Give back the memory of a model that nobody holds any more."""
    gc.collect()
    forget_memory(torch.device(device_name))
