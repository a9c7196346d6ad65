"""A model in training is, after its prompts were answered or not, what it was before."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import copy
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments

from tasks.predictions.generation import packing
from tasks.predictions.generation.generate import GenerationFailed, generate
from tasks.predictions.prompts import GenerationSettings, Prompt
from tests.tiny_model import tiny_model, tiny_tokenizer, with_lora

TEXTS = ("PASS", "the user", "answer the user")
DRAWN = GenerationSettings(max_new_tokens=4, batch_size=2, temperature=1.0)


def prompts(tokenizer: Any) -> list[Prompt]:
    return [Prompt(number, text, text, tuple(tokenizer.encode(text))) for number, text in enumerate(TEXTS)]


def in_training(tokenizer: Any) -> Any:
    """Checkpointed, without a cache, one layer frozen in eval mode, and settings of its own."""
    model = with_lora(tiny_model(tokenizer), lora_dropout=0.5, init_lora_weights=False)
    model.enable_input_require_grads()
    model.activation_checkpointing_enable()
    model.config.use_cache = False
    model.generation_config.temperature = 0.3
    model.train()
    model.base_model.model.model.layers[0].eval()
    return model


def state_of(model: Any, tokenizer: Any) -> dict[str, Any]:
    """All that must not change."""
    names = ("training", "gradient_checkpointing", "generation_config", "prepare_inputs_for_generation")
    return {
        "modules": [{name: vars(each)[name] for name in names if name in vars(each)} for each in model.modules()],
        "generation": copy.deepcopy(model.generation_config).to_dict(),
        "use_cache": model.config.use_cache,
        "tokenizer": (tokenizer.padding_side, tokenizer.pad_token, len(tokenizer)),
        "random": (random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()),
        "inference": [each.is_inference() for each in (*model.parameters(), *model.buffers())],
        "grads": [each.requires_grad for each in model.parameters()],
    }


class Stop(BaseException):
    """As KeyboardInterrupt, which would end the tests."""


def interrupt(_: int) -> None:
    random.random()
    torch.rand(1)
    np.random.rand()
    raise Stop


def raise_while_generating(model: Any, error: BaseException) -> None:
    def fail(*_: Any) -> None:
        raise error

    model.get_input_embeddings().register_forward_pre_hook(fail)


@pytest.mark.parametrize("ending", ["success", "failure", "interrupted between", "interrupted within"])
def test_everything_borrowed_is_given_back(ending: str) -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.pad_token = None
    tokenizer.padding_side = "right"
    model = in_training(tokenizer)
    asked = prompts(tokenizer)
    before = state_of(model, tokenizer)
    if ending == "success":
        assert not generate(model, tokenizer, asked, DRAWN).failed
    elif ending == "failure":
        raise_while_generating(model, ZeroDivisionError())
        with pytest.raises(GenerationFailed, match="ZeroDivisionError"):
            generate(model, tokenizer, asked, DRAWN)
    elif ending == "interrupted between":
        with pytest.raises(Stop):
            generate(model, tokenizer, asked, DRAWN, on_batch=interrupt)
    else:
        raise_while_generating(model, Stop())
        with pytest.raises(Stop):
            generate(model, tokenizer, asked, DRAWN)
    assert state_of(model, tokenizer) == before


def test_dropout_and_checkpointing_change_no_answer() -> None:
    tokenizer = tiny_tokenizer()
    model = in_training(tokenizer)
    greedy = GenerationSettings(max_new_tokens=8, batch_size=2)
    while_training = generate(model, tokenizer, prompts(tokenizer), greedy).completions
    evaluated = generate(model.eval(), tokenizer, prompts(tokenizer), greedy).completions
    assert [each.text for each in while_training] == [each.text for each in evaluated]


def test_weights_that_a_layer_casts_in_place_can_still_be_trained() -> None:
    tokenizer = tiny_tokenizer()
    model = tiny_model(tokenizer)
    norm = model.model.norm

    def cast(*_: Any) -> None:
        norm.weight.data = norm.weight.data.double().float()

    hook = norm.register_forward_pre_hook(cast)
    generate(model, tokenizer, prompts(tokenizer), DRAWN)
    hook.remove()
    ids = torch.tensor([tokenizer.encode("the user")])
    model(input_ids=ids, labels=ids).loss.backward()  # fails on weights made in inference mode
    assert norm.weight.grad is not None


class AtEachStep(TrainerCallback):
    """Answers prompts after each step of training."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.passes = 0

    def on_step_end(self, *_: Any, model: Any, **__: Any) -> None:
        result = generate(model, self._tokenizer, prompts(self._tokenizer), DRAWN)
        self.passes += not result.failed and result.identity.dtype == "bfloat16 autocast over float32"


@pytest.mark.filterwarnings("ignore")
def test_a_training_ends_with_the_same_weights_with_predictions_and_without(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer()
    rows: Any = [{"input_ids": tokens, "labels": tokens} for tokens in map(tokenizer.encode, TEXTS)]
    callback = AtEachStep(tokenizer)
    ends: list[dict[str, torch.Tensor]] = []
    both: tuple[list[TrainerCallback], ...] = ([], [callback])
    for callbacks in both:
        model = in_training(tokenizer)
        arguments = TrainingArguments(
            str(tmp_path), max_steps=4, per_device_train_batch_size=1, use_cpu=True, bf16=True, learning_rate=0.01,
            report_to=[], save_strategy="no", disable_tqdm=True,
        )  # fmt: skip
        Trainer(model, arguments, train_dataset=rows, callbacks=callbacks).train()
        ends.append(model.state_dict())
    assert callback.passes == 4
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_packing_of_4_bit_weights_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    model = tiny_model(tiny_tokenizer())
    model.lm_head.support_avx512bf16_for_cpu = True
    packing.say_once.cache_clear()
    packing.warn_of_packing(model)
    packing.warn_of_packing(model)
    assert caplog.text.count("learns nothing") == 1
    caplog.clear()
    packing.say_once.cache_clear()
    packing.warn_of_packing(model.requires_grad_(False))
    assert not caplog.text
