"""Generating inside a real Trainer's evaluation, where the model's layers are of different precisions."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset  # pyright: ignore[reportMissingTypeStubs]
from transformers import Trainer, TrainerCallback, TrainingArguments
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from tasks.predictions.generation.generate import generate
from tasks.predictions.prompts import GenerationSettings, Prompt
from tests.tiny_model import quantized_model, save_random_model, tiny_tokenizer, with_lora

TEXTS = ("the user", "answer the user", "PASS", "the answer is PASS")
SETTINGS = GenerationSettings(max_new_tokens=5, batch_size=2)
ARGUMENTS: dict[str, Any] = {
    "max_steps": 2,
    "eval_strategy": "steps",
    "eval_steps": 1,
    "bf16": True,
    "use_cpu": True,
    "report_to": [],
    "save_strategy": "no",
    "disable_tqdm": True,
}

pytestmark = pytest.mark.filterwarnings("ignore")  # of trl, peft and accelerate among each other


class AtEvaluation(TrainerCallback):
    """Calls a function with the model at each evaluation, and keeps what comes of it."""

    def __init__(self, ask: Callable[[Any], Any]) -> None:
        self._ask = ask
        self.outcomes: list[Any] = []

    def on_evaluate(self, *_: Any, model: Any, **__: Any) -> None:
        self.outcomes.append(self._ask(model))


def train_in_4_bits(folder: Path, callback: TrainerCallback) -> None:
    """Trainer, LoRA on nf4; norms are float32, head and embeddings bfloat16."""
    tokenizer = tiny_tokenizer()
    model = quantized_model(save_random_model(folder / "base"))
    model.lm_head.to(torch.bfloat16)
    model.model.embed_tokens.to(torch.bfloat16)
    rows: Any = [{"input_ids": tokens, "labels": tokens} for tokens in map(tokenizer.encode, TEXTS)]
    sizes = {"per_device_train_batch_size": 1, "per_device_eval_batch_size": 1}
    arguments = TrainingArguments(str(folder / "out"), **sizes, **ARGUMENTS)
    Trainer(with_lora(model), arguments, train_dataset=rows, eval_dataset=rows, callbacks=[callback]).train()


def train_the_head(folder: Path, callback: TrainerCallback) -> None:
    """SFTTrainer, LoRA on nf4 with a copy of the head that is trained in bfloat16; the rest is float32."""
    from peft import LoraConfig

    data = Dataset.from_list([{"text": text} for text in TEXTS])
    lora = LoraConfig(r=4, target_modules="all-linear", modules_to_save=["lm_head"], task_type="CAUSAL_LM")
    SFTTrainer(
        quantized_model(save_random_model(folder / "base")),
        SFTConfig(str(folder / "out"), **ARGUMENTS),
        train_dataset=data,
        eval_dataset=data,
        processing_class=tiny_tokenizer(),
        peft_config=lora,
        callbacks=[callback],
    ).train()


def ask_plainly(model: Any) -> str:
    """What `generate` raises when it is called as one would."""
    tokens = tiny_tokenizer()(TEXTS[0], return_tensors="pt")["input_ids"]
    model.eval()
    with pytest.raises(RuntimeError, match="dtype") as failed, torch.inference_mode():
        model.generate(input_ids=tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=3)
    return str(failed.value)


def prompts() -> list[Prompt]:
    tokenizer = tiny_tokenizer()
    return [Prompt(number, str(number), text, tuple(tokenizer(text)["input_ids"])) for number, text in enumerate(TEXTS)]


@pytest.mark.parametrize("train", [train_in_4_bits, train_the_head])
def test_prompts_are_answered_where_a_plain_generate_fails_on_a_dtype(
    train: Callable[[Path, TrainerCallback], None], tmp_path: Path
) -> None:
    callback = AtEvaluation(lambda model: (ask_plainly(model), generate(model, tiny_tokenizer(), prompts(), SETTINGS)))
    train(tmp_path, callback)
    results = [result for _, result in callback.outcomes]
    assert len(results) == 2
    assert [each.failure for result in results for each in result.completions] == [None] * 8
    assert all(each.text for result in results for each in result.completions)
    assert {result.dtypes["autocast"] for result in results} == {"bfloat16"}
    assert all("nf4" in result.identity.dtype for result in results)


def test_4_bit_weights_are_not_packed_for_inference_in_training(tmp_path: Path) -> None:
    model = with_lora(quantized_model(save_random_model(tmp_path)))
    layer = model.base_model.model.model.layers[0].mlp.up_proj.base_layer
    layer.support_avx512bf16_for_cpu = True  # as it is on processors that have it
    assert not generate(model, tiny_tokenizer(), prompts(), SETTINGS, autocast_dtype=torch.bfloat16).failed
    assert not getattr(layer.weight.quant_state, "packing_format_for_cpu", False)
    assert layer.support_avx512bf16_for_cpu
