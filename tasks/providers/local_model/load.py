"""Reads a model, its adapter and its tokenizer from their folders onto one device."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# transformers and peft say in part only what their functions give

import json
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from llguidance import LLTokenizer
from llguidance.hf import from_tokenizer
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig
from transformers.utils.logging import disable_progress_bar, enable_progress_bar, is_progress_bar_enabled

from tasks.providers.local_model.folders import ModelFolders
from tasks.providers.local_model.prompt import Tokenizer

BF16_UNITS = ("avx512_bf16", "amx_bf16", "bf16")
"""What a processor has that computes in bfloat16 (x86, x86, Arm), as `torch.cpu.get_capabilities` names it."""

ADAPTER = "default"
"""The name that transformers and PEFT give the first adapter in a model."""

Model = Any
"""A causal language model of transformers, whose own types are unknown in part."""


class UnloadableModel(Exception):
    """The files were read, and are not what is needed."""


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to answer.

    Attributes:
        model: In evaluation mode.
        tokenizer: Our own copy; nothing of it is changed.
        vocabulary: The tokens as the grammar sees them, the tokens that end an answer among them.
        context: Most tokens of prompt and answer together; None where the model's config has no bound.
        tokens: How many the model has embeddings for.
        device: Where it computes.
    """

    model: Model
    tokenizer: Tokenizer
    vocabulary: LLTokenizer
    context: int | None
    tokens: int
    device: torch.device


def load(folders: ModelFolders, device_name: str) -> LoadedModel:
    """Load what is in the folders; nothing is fetched, and no code of theirs is run.

    Args:
        folders: Where to read.
        device_name: `auto` (a GPU where there is one) or a device of torch.

    Raises:
        Exception: Whatever torch, transformers and peft raise where files are broken, missing, or too large.
    """
    device = torch.device(best_device() if device_name == "auto" else device_name)
    with no_progress_bars():
        tokenizer: Tokenizer = AutoTokenizer.from_pretrained(folders.tokenizer, local_files_only=True)
        model = load_base(folders, device)
        if folders.adapter is not None:
            put_adapter(model, folders.adapter, len(tokenizer))
    config = model.config.get_text_config(decoder=True)
    ends = ends_of(model, tokenizer)
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=ends[0], disable_compile=True)
    vocabulary = from_tokenizer(tokenizer, n_vocab=max(len(tokenizer), config.vocab_size), eos_token=ends)
    context = getattr(config, "max_position_embeddings", None)
    return LoadedModel(model.eval(), tokenizer, vocabulary, context, embeddings_of(model), device)


@contextmanager
def no_progress_bars() -> Generator[None]:
    """Let transformers draw none while the block runs."""
    showed_progress = is_progress_bar_enabled()
    disable_progress_bar()
    try:
        yield
    finally:
        if showed_progress:
            enable_progress_bar()


def best_device() -> str:
    """A GPU where there is one."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def load_base(folders: ModelFolders, device: torch.device) -> Model:
    """The base model in the precision of its config; on a processor that does not compute in it, in float32."""
    config: Any = AutoConfig.from_pretrained(folders.base, local_files_only=True)
    is_plain = getattr(config, "quantization_config", None) is None
    as_is = not is_plain or device.type != "cpu" or computes_in(config.dtype)
    where = {} if device.type == "cpu" else {"device_map": {"": device}}
    found: Any = AutoModelForCausalLM.from_pretrained(
        folders.base,
        config=config,
        dtype="auto" if as_is else torch.float32,
        local_files_only=True,
        output_loading_info=True,
        **where,
    )
    model, info = found
    refuse_gaps(info["missing_keys"])
    return model


def computes_in(dtype: torch.dtype | str | None) -> bool:
    """Whether this processor computes in a precision without emulating it."""
    if dtype in (None, torch.float32, torch.float64):
        return True
    return dtype is torch.bfloat16 and any(torch.cpu.get_capabilities().get(unit) for unit in BF16_UNITS)


def put_adapter(model: Model, adapter: Path, tokens: int) -> None:
    """Put an adapter into a model, which is grown first where training added tokens."""
    if tokens > embeddings_of(model):
        model.resize_token_embeddings(tokens, mean_resizing=False)
    has_magnitudes = adapter_config(adapter).get("use_dora")
    refuse_gaps(put_dora(model, adapter) if has_magnitudes else model.load_adapter(str(adapter)).missing_keys)


def adapter_config(adapter: Path) -> Mapping[str, Any]:
    """What PEFT has written of an adapter."""
    return json.loads((adapter / "adapter_config.json").read_bytes())


def put_dora(model: Model, adapter: Path) -> set[str]:
    """Put an adapter with magnitudes into a model, by PEFT; returns the weights that its files do not hold.

    `load_adapter` of transformers 5.23 gives a magnitude vector another name than PEFT 0.21, and finds none of them.
    """
    from peft import PeftConfig, inject_adapter_in_model, load_peft_weights, set_peft_model_state_dict

    config: Any = PeftConfig.from_pretrained(str(adapter))
    config.inference_mode = True
    inject_adapter_in_model(config, model, ADAPTER)
    model._hf_peft_config_loaded = True  # so that transformers knows of it: `active_adapters`
    found: Mapping[str, Any] = load_peft_weights(str(adapter), device="cpu")
    weights = {name.removeprefix("base_model.model."): each for name, each in found.items()}
    missing: Collection[str] = set_peft_model_state_dict(model, weights, ADAPTER).missing_keys
    return {name for name in missing if ADAPTER in name.split(".")}


def embeddings_of(model: Model) -> int:
    """How many tokens a model knows."""
    return model.get_input_embeddings().num_embeddings


def refuse_gaps(missing: Collection[str]) -> None:
    """Let no model answer with weights that are made up.

    Raises:
        UnloadableModel: There are weights that its files do not hold.
    """
    if missing:
        raise UnloadableModel(f"{len(missing)} weights are not in its files, {min(missing)!r} for one")


def ends_of(model: Model, tokenizer: Tokenizer) -> list[int]:
    """The tokens that end an answer: those the model names, and the tokenizer's.

    Raises:
        UnloadableModel: There is none.
    """
    named = model.generation_config.eos_token_id
    ends = [*(named if isinstance(named, list) else [named]), tokenizer.eos_token_id]
    known = list(dict.fromkeys(token for token in ends if token is not None))
    if not known:
        raise UnloadableModel("neither its generation_config.json nor its tokenizer names a token that ends an answer")
    return known
