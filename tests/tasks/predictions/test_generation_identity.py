"""What generation says of a model: its adapter's hash, its base, its precision, and whether it is all there."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed

from tasks.predictions.generation.generate import generate
from tasks.predictions.generation.identity import identity_of
from tasks.predictions.generation.unwrap import SharedModel, refuse_sharded
from tasks.predictions.prompts import GenerationSettings, Prompt
from tests.tiny_model import quantized_model, save_adapter, save_random_model, tiny_model, tiny_tokenizer, with_lora

TOKENIZER = tiny_tokenizer()


def hash_of(model: Any) -> str | None:
    return identity_of(model, TOKENIZER, "float32").adapter_hash


@pytest.mark.filterwarnings("ignore::FutureWarning")  # peft 0.21 calls what transformers 5.23 has renamed
def test_an_adapter_keeps_its_hash_wherever_and_in_whatever_precision_it_is_loaded(tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    folder = save_adapter(tmp_path / "adapter", save_random_model(tmp_path / "base"), modules_to_save=["lm_head"])
    loaded: Any = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tmp_path / "base"), str(folder))
    native: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    native.load_adapter(str(folder), adapter_name="other")
    rounded: Any = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(tmp_path / "base", dtype=torch.bfloat16), str(folder)
    )
    before = hash_of(loaded)
    assert before is not None
    assert hash_of(native) == before
    as_bfloat16 = hash_of(rounded.to(torch.bfloat16))
    assert as_bfloat16 == hash_of(rounded.to(torch.float32)) != before  # rounding is a change, another dtype is none
    with torch.no_grad():
        loaded.base_model.model.lm_head.modules_to_save.default.weight[0, 0] += 1
    assert hash_of(loaded) != before


def test_a_full_model_is_known_by_its_path_and_commit_and_its_template() -> None:
    model = tiny_model(TOKENIZER)
    unnamed = identity_of(model, None, "float32")
    assert (unnamed.adapter_hash, unnamed.base_revision, unnamed.template_hash) == (None, None, None)
    model.config._name_or_path, model.config._commit_hash = "org/base", "c0ffee"
    named = identity_of(torch.nn.DataParallel(model), TOKENIZER, "bfloat16 autocast over float32")
    assert named.base_revision == "org/base@c0ffee"
    assert named.template_hash is not None
    assert (named.dtype, named.backend) == ("bfloat16 autocast over float32", "transformers on cpu")


@contextmanager
def alone_in_a_group() -> Generator[None]:
    from torch._C._distributed_c10d import HashStore

    torch.distributed.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    try:
        yield
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.filterwarnings("ignore")
def test_sharded_models_are_refused_with_a_reason() -> None:
    from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard

    model = tiny_model(TOKENIZER)
    assert refuse_sharded(model) is None
    with alone_in_a_group():
        assert refuse_sharded(torch.nn.parallel.DistributedDataParallel(model)) is None
        whole = FullyShardedDataParallel(tiny_model(TOKENIZER), device_id=torch.device("cpu"))
        assert "FSDP" in str(refuse_sharded(whole))
        assert "DTensor" in str(refuse_sharded(fully_shard(tiny_model(TOKENIZER))))
    model.lm_head.weight.ds_id = 1  # as ZeRO-3 leaves it
    with pytest.raises(SharedModel, match="ZeRO-3; make the predictions from its checkpoints"):
        generate(model, TOKENIZER, [Prompt(0, "a", "a", (1,))], GenerationSettings())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("weights", ["float32", "bfloat16", "float16", "int8", "nf4"])
def test_a_gpu_answers_in_every_precision(weights: str, lora: bool, tmp_path: Path) -> None:
    folder = save_random_model(tmp_path)
    bits = {"int8": 8, "nf4": 4}.get(weights)
    plain = tiny_model(TOKENIZER).to("cuda")
    model = quantized_model(folder, device="cuda", bits=bits) if bits else plain.to(getattr(torch, weights))
    model = with_lora(model) if lora else model
    tokens = tuple(TOKENIZER.encode("the user"))
    prompts = [Prompt(index, str(index), "", tokens[: index + 1], truth_tokens=tokens) for index in range(3)]
    settings = GenerationSettings(max_new_tokens=4, batch_size=2, temperature=0.5)
    state = torch.cuda.get_rng_state()
    for autocast in (None, torch.bfloat16, torch.float16):
        result = generate(model.train(), TOKENIZER, prompts, settings, autocast_dtype=autocast)
        assert not result.failed
        assert all(each.truth_loss is not None for each in result.completions)
        assert weights in result.identity.dtype
    assert torch.equal(torch.cuda.get_rng_state(), state)
    assert model.training
