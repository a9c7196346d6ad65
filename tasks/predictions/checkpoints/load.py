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

from tasks.errors import RunRefused
from tasks.predictions.generation.identity import template_hash
from tasks.predictions.prompts import Prompt
from tasks.predictions.samples import Sample, context_of, make_prompts
from tasks.providers.local_model.folders import ModelFolders
from tasks.providers.local_model.generate import forget_memory
from tasks.providers.local_model.load import (
    adapter_config,
    best_device,
    embeddings_of,
    load_base,
    no_progress_bars,
    put_adapter,
)

BESIDES_LORA = (
    "layer_replication",
    "megatron_config",
    "modules_to_save",
    "target_parameters",
    "trainable_token_indices",
    "use_dora",
)
"""What an adapter's config says of changes to more than it adds beside a layer."""


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A model ready to generate.

    Attributes:
        model: In evaluation mode, its adapter put into it.
        tokenizer: The checkpoint's own, else the base's.
        base: The folder of its base, where that is as it was read once the adapter is taken out; else None.
    """

    model: Any
    tokenizer: Any
    base: Path | None


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


class CheckpointLoader:
    """Loads checkpoints one at a time; what the adapters of a training lie on is read once, where that is exact."""

    def __init__(self, device_name: str, keep_base: bool) -> None:
        """Nothing is loaded yet.

        Args:
            device_name: As torch names it.
            keep_base: Whether the base of an adapter stays in memory for the next one.
        """
        self._device = torch.device(device_name)
        self._keep_base = keep_base
        self._base: tuple[Path, Any] | None = None

    def load(self, folders: ModelFolders, tokenizer_folder: Path) -> LoadedCheckpoint:
        """Load a model, with its adapter on top where it has one; nothing is fetched, and no code of theirs is run.

        Raises:
            Exception: Whatever torch, transformers and peft raise where files are broken, missing, or too large.
        """
        with no_progress_bars():
            tokenizer: Any = AutoTokenizer.from_pretrained(tokenizer_folder, local_files_only=True)
            model, stays = self._take_base(folders.base), False
            if folders.adapter is not None:
                tokens = embeddings_of(model)
                put_adapter(model, folders.adapter, len(tokenizer))
                stays = embeddings_of(model) == tokens and lies_on_top(folders.adapter)
        return LoadedCheckpoint(model.eval(), tokenizer, folders.base if stays else None)

    def put_back(self, loaded: LoadedCheckpoint) -> None:
        """Take the adapter out, and keep the base where it is as it was read and is wanted."""
        if self._keep_base and loaded.base is not None:
            loaded.model.delete_adapter(loaded.model.active_adapters())
            self._base = loaded.base, loaded.model

    def forget(self) -> None:
        """Keep nothing, and give back the memory of the models that nobody holds."""
        self._base = None
        self.collect()

    def collect(self) -> None:
        """Give back the memory of the models that nobody holds."""
        gc.collect()
        forget_memory(self._device)

    def _take_base(self, folder: Path) -> Any:  # noqa: ANN401
        kept, self._base = self._base, None
        if kept is not None and kept[0] == folder:
            return kept[1]
        kept = None
        self.forget()
        return load_base(ModelFolders(folder), self._device)


def lies_on_top(adapter: Path) -> bool:
    """Whether a model without this adapter is its base again, so that another can be put on it.

    So it is for LoRA beside layers that are named and stay as they are. Others change the base's own weights (an
    initialisation that takes its part out of them) or train some of them (heads, embeddings, biases).
    """
    config = adapter_config(adapter)
    if config.get("peft_type") != "LORA" or not isinstance(config.get("target_modules"), list):
        return False
    if config.get("bias", "none") != "none" or config.get("init_lora_weights", True) not in (True, False, "gaussian"):
        return False
    return not any(config.get(name) for name in BESIDES_LORA)
