"""How a model gets from its folders into memory: whole or not at all, in a precision that its device computes in."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from tasks.providers.base import ModelReply
from tasks.providers.errors import AccessRefused
from tasks.providers.local import LocalProvider
from tasks.providers.local_model.folders import find_folders
from tests.tasks.providers.questions import request_for
from tests.tiny_model import save, save_adapter, save_random_model, tiny_model, tiny_tokenizer

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"letters": {"type": "array", "items": {"enum": list("abcdefgh")}, "minItems": 12, "maxItems": 12}},
    "required": ["letters"],
    "additionalProperties": False,
}


async def first_answer(model: object, **settings: Any) -> ModelReply:
    """What a model of this name says to a question, the provider made and closed for it."""
    provider = LocalProvider(str(model), Settings.model_validate({"local_device": "cpu", **settings}))
    try:
        sampling = {"max_output_tokens": 100}
        return await provider.complete(request_for(answer_schema=SCHEMA, sampling=sampling), "t1", "correctness")
    finally:
        await provider.close()


def change_weights(file: Path, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Write a file of weights anew."""
    from safetensors.torch import load_file, save_file

    save_file(dict(change(load_file(file))), file, metadata={"format": "pt"})


async def test_an_adapter_changes_the_answer_and_can_be_named_with_its_base(
    random_folder: Path, tmp_path: Path
) -> None:
    adapter = save_adapter(tmp_path / "adapter", random_folder)
    lost = save_adapter(tmp_path / "lost", random_folder, named="moved/away")
    plain, adapted, named = [
        (await first_answer(model)).text for model in (random_folder, adapter, f"{random_folder}+{lost}")
    ]
    assert plain != adapted
    assert adapted == named


async def test_an_adapter_is_applied_as_peft_applies_it(random_folder: Path, tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    adapter = save_adapter(tmp_path / "adapter", random_folder, modules_to_save=["lm_head"])
    base: Any = AutoModelForCausalLM.from_pretrained(random_folder)
    with pytest.warns(FutureWarning, match="is_gradient_checkpointing"):
        wrapped: Any = PeftModel.from_pretrained(base, str(adapter))
    merged = save(tmp_path / "merged", wrapped.merge_and_unload(), tiny_tokenizer())
    assert await first_answer(adapter) == await first_answer(merged)


async def test_tokens_that_training_added_come_with_the_adapter(random_folder: Path, tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens(["Judge"])
    adapter = save_adapter(tmp_path / "adapter", random_folder, tokens=len(tokenizer))
    tokenizer.save_pretrained(adapter)
    shorter, longer = await first_answer(adapter), await first_answer(random_folder)
    assert shorter.tokens_in < longer.tokens_in


@pytest.mark.parametrize(
    ("dtype", "units", "computed_in"),
    [
        ("float32", {}, "float32"),
        ("float16", {"avx512_bf16": True}, "float32"),
        ("bfloat16", {"avx512_bf16": True}, "bfloat16"),
        ("bfloat16", {"amx_bf16": True, "avx512_bf16": False}, "bfloat16"),
        ("bfloat16", {"avx512_bf16": False}, "float32"),
    ],
)
def test_a_processor_computes_in_the_models_precision_where_it_can(
    dtype: str, units: dict[str, bool], computed_in: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from tasks.providers.local_model.load import load

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units)
    tokenizer = tiny_tokenizer()
    folder = save(tmp_path / "model", tiny_model(tokenizer).to(getattr(torch, dtype)), tokenizer)
    model = load(find_folders(str(folder)), "cpu").model
    assert {str(weights.dtype) for weights in model.parameters()} == {f"torch.{computed_in}"}
    assert not model.training


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
async def test_an_adapter_in_another_precision_than_its_base_answers(dtype: str, tmp_path: Path) -> None:
    import torch

    tokenizer = tiny_tokenizer()
    base = save(tmp_path / "base", tiny_model(tokenizer).to(getattr(torch, dtype)), tokenizer)
    adapter = save_adapter(tmp_path / "adapter", base, modules_to_save=["lm_head"])
    change_weights(
        adapter / "adapter_model.safetensors", lambda held: {name: weights.float() for name, weights in held.items()}
    )
    assert len(json.loads((await first_answer(adapter)).text)["letters"]) == 12


def without_head(folder: Path) -> str:
    """A base that lacks weights."""
    base = save_random_model(folder / "base")
    change_weights(base / "model.safetensors", lambda held: {n: w for n, w in held.items() if n != "lm_head.weight"})
    return str(base)


def without_first_layer(folder: Path) -> str:
    """An adapter that lacks weights."""
    adapter = save_adapter(folder / "adapter", save_random_model(folder / "base"))
    kept = "base_model.model.model.layers.1."
    change_weights(adapter / "adapter_model.safetensors", lambda held: {n: w for n, w in held.items() if kept in n})
    return str(adapter)


def of_another_size(folder: Path) -> str:
    """An adapter of another model."""
    other = save_random_model(folder / "other", hidden_size=64)
    return f"{save_random_model(folder / 'base')}+{save_adapter(folder / 'adapter', other)}"


def cut_short(folder: Path) -> str:
    """Weights that were not copied to their end."""
    base = save_random_model(folder / "base")
    file = base / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    return str(base)


def without_tokenizer(folder: Path) -> str:
    base = save_random_model(folder / "base")
    for file in base.glob("tokenizer*"):
        file.unlink()
    return str(base)


def without_end(folder: Path) -> str:
    """A model that names no token that ends an answer."""
    tokenizer = tiny_tokenizer()
    tokenizer.eos_token = None
    return str(save(folder / "base", tiny_model(tokenizer, eos_token_id=None), tokenizer))


def of_unknown_kind(folder: Path) -> str:
    base = save_random_model(folder / "base")
    (base / "config.json").write_text('{"model_type": "unheard of"}')
    return str(base)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (without_head, "UnloadableModel: 1 weights are not in its files, 'lm_head.weight' for one"),
        (without_first_layer, "weights are not in its files, 'model.layers.0."),
        (of_another_size, "RuntimeError: "),
        (cut_short, "SafetensorError: "),
        (without_tokenizer, "Error: "),
        (without_end, "UnloadableModel: neither its generation_config.json nor its tokenizer names a token"),
        (of_unknown_kind, "unheard of"),
    ],
)
async def test_a_model_that_cannot_be_loaded_whole_is_refused_on_one_line(
    make: Callable[[Path], str], why: str, tmp_path: Path
) -> None:
    model = make(tmp_path)
    with pytest.raises(AccessRefused) as caught:
        await first_answer(model)
    assert str(caught.value).startswith(f"'local:{model}' cannot be loaded on 'cpu' (EVALFLOWS_LOCAL_DEVICE): ")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_device_that_is_not_there_is_named_with_its_setting(random_folder: Path) -> None:
    with pytest.raises(AccessRefused, match=r"cannot be loaded on 'gpu' \(EVALFLOWS_LOCAL_DEVICE\)"):
        await first_answer(random_folder, local_device="gpu")


def test_loading_shows_no_progress_and_leaves_it_as_it_was(
    random_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils.logging import is_progress_bar_enabled

    from tasks.providers.local_model.load import load

    assert is_progress_bar_enabled()
    capfd.readouterr()
    load(find_folders(str(random_folder)), "cpu")
    assert capfd.readouterr().err == ""
    assert is_progress_bar_enabled()
