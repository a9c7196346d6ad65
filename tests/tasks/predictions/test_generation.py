"""What `generate` says: alone and in company, by seeds, at its limits, and where prompts fail."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from tasks.predictions.generation.generate import GenerationFailed, generate
from tasks.predictions.prompts import GenerationSettings, Prompt
from tests.tiny_model import tiny_model, tiny_tokenizer, with_lora

TOKENIZER = tiny_tokenizer()
TEXTS = ("PASS", "the answer is a long one, the user says", "the user", "a", "answer the user")
SETTINGS = GenerationSettings(max_new_tokens=8, batch_size=3)
END = TOKENIZER.eos_token_id


def prompt(index: int, text: str, truth: str | None = None) -> Prompt:
    truth_tokens = () if truth is None else (*TOKENIZER.encode(truth), END)
    return Prompt(index, f"sample {text}", text, tuple(TOKENIZER.encode(text)), truth, truth_tokens)


PROMPTS = [prompt(index, text, None if index == 1 else f"{text} or so") for index, text in enumerate(TEXTS)]


def small(shape: str = "Llama", *, lora: bool = False) -> Any:
    model = tiny_model(TOKENIZER, shape=shape)
    if not lora:
        return model
    return with_lora(model, init_lora_weights=False)


def says(model: Any, prompts: list[Prompt] = PROMPTS, settings: GenerationSettings = SETTINGS) -> list[str | None]:
    return [each.text for each in generate(model, TOKENIZER, prompts, settings).completions]


def fail_on(model: Any, is_bad: Callable[[torch.Tensor], bool], error: BaseException) -> Any:
    """A model whose layers raise for some inputs."""

    def look(_: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        if is_bad(inputs[0]):
            raise error

    model.get_input_embeddings().register_forward_pre_hook(look)
    return model


def holds(text: str) -> Callable[[torch.Tensor], bool]:
    token = TOKENIZER.encode(text)[0]
    return lambda ids: bool((ids == token).any())


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("shape", ["Llama", "Qwen3", "Mistral"])
def test_a_batch_says_and_weighs_what_each_prompt_does_alone(shape: str, lora: bool) -> None:
    model = small(shape, lora=lora).eval()
    alone: list[str] = []
    losses: list[float | None] = []
    for each in PROMPTS:
        ids = torch.tensor([each.tokens])
        said = model.generate(input_ids=ids, max_new_tokens=8, do_sample=False, pad_token_id=END)[0, ids.shape[1] :]
        alone.append(TOKENIZER.decode(said, skip_special_tokens=True))
        whole = torch.tensor([[*each.tokens, *each.truth_tokens]])
        scores = model(input_ids=whole).logits[0, ids.shape[1] - 1 : -1]
        truth = torch.tensor(each.truth_tokens, dtype=torch.long)
        losses.append(cross_entropy(scores, truth).item() if each.truth_tokens else None)
    completions = generate(model, TOKENIZER, PROMPTS, SETTINGS).completions
    assert [each.text for each in completions] == alone
    for each, loss in zip(completions, losses, strict=True):
        assert each.truth_loss == (None if loss is None else pytest.approx(loss, rel=1e-4))
    assert [each.tokens_in for each in completions] == [len(each.tokens) for each in PROMPTS]


@pytest.mark.parametrize("shape", ["Llama", "Qwen3", "Mistral"])
def test_no_prompt_is_read_again_to_weigh_its_ground_truth(shape: str) -> None:
    model = small(shape).eval()
    widths: list[int] = []

    def look(_: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        widths.append(inputs[0].shape[1])

    model.get_input_embeddings().register_forward_pre_hook(look)
    generate(model, TOKENIZER, PROMPTS, replace(SETTINGS, batch_size=len(PROMPTS)))
    assert widths[0] == max(len(each.tokens) for each in PROMPTS)
    assert widths[-1] == max(len(each.truth_tokens) for each in PROMPTS)
    assert set(widths[1:-1]) == {1}


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("weights", [torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("autocast", [None, torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_every_precision_answers_under_every_autocast(
    weights: torch.dtype, autocast: torch.dtype | None, lora: bool
) -> None:
    model = small(lora=lora).to(weights).train()
    done = generate(model, TOKENIZER, PROMPTS, replace(SETTINGS, max_new_tokens=2), autocast_dtype=autocast)
    name = str(weights).removeprefix("torch.")
    is_cast = autocast in (torch.bfloat16, torch.float16)
    assert not done.failed
    assert done.identity.dtype == (f"{str(autocast).removeprefix('torch.')} autocast over {name}" if is_cast else name)


def test_weights_of_different_precisions_are_cast_to_the_lower_one_unasked() -> None:
    model = small()
    model.lm_head.to(torch.bfloat16)
    result = generate(model, TOKENIZER, PROMPTS, SETTINGS)
    assert not result.failed
    assert result.identity.dtype == "bfloat16 autocast over float32 + bfloat16"


def test_a_model_in_wrappers_says_the_same() -> None:
    model = small()
    expected = says(model)
    wrapped: Any = torch.compile(torch.nn.DataParallel(model), backend="eager")
    model.compile(backend="eager")
    assert says(wrapped) == expected
    assert model._compiled_call_impl is not None


def test_each_of_several_tokens_ends_an_answer_and_the_limit_truncates_it() -> None:
    model = tiny_model(TOKENIZER, seed=3)  # whose first tokens differ
    full = generate(model, TOKENIZER, PROMPTS[:1], SETTINGS).completions[0]
    assert (full.truncated, full.tokens_out) == (True, 8)
    ids = torch.tensor([PROMPTS[0].tokens])
    third = model.generate(input_ids=ids, max_new_tokens=8, do_sample=False, pad_token_id=END)[0, ids.shape[1] + 2]
    model.generation_config.eos_token_id = [END, int(third)]
    short = generate(model, TOKENIZER, PROMPTS, SETTINGS).completions[0]
    assert (short.truncated, short.tokens_out) == (False, 3)
    assert full.text is not None
    assert full.text.startswith(short.text or "nothing")


def test_the_models_own_generation_settings_change_nothing() -> None:
    model = small()
    expected = says(model)
    model.generation_config.update(
        do_sample=True, repetition_penalty=9.0, cache_implementation="static", max_length=3, num_beams=2
    )
    assert says(model) == expected


def test_repeats_are_drawn_by_seed_whatever_the_company() -> None:
    model = small()
    settings = GenerationSettings(max_new_tokens=8, batch_size=3, temperature=0.9, top_p=0.95, repeats=3, seed=7)
    result = generate(model, TOKENIZER, PROMPTS, settings)
    first = {(each.index, each.repeat): each.text for each in result.completions}
    again = generate(model, TOKENIZER, list(reversed(PROMPTS)), replace(settings, batch_size=1))
    assert {(each.index, each.repeat): each.text for each in again.completions} == first
    assert [each.seed for each in result.completions] == [7] * 5 + [8] * 5 + [9] * 5
    assert len({first[0, repeat] for repeat in range(3)}) == 3
    losses = [each.truth_loss for each in result.completions]
    assert losses[:5] == losses[5:10] == losses[10:]


def test_draws_follow_the_softmax() -> None:
    from tasks.predictions.generation.draws import Draws

    batch = [prompt(number, str(number)) for number in range(4000)]
    scores = torch.tensor([0.0, 1.0, 2.0, -3.0]).repeat(len(batch), 1)
    draws = Draws(batch, seed=0, temperature=2.0, top_p=0.95, device=torch.device("cpu"))
    drawn = draws(torch.empty(0), scores).argmax(dim=1).bincount(minlength=4) / len(batch)
    kept = torch.tensor([0.0, 0.5, 1.0]).softmax(dim=0)  # the fourth is outside the likeliest 95 %
    assert drawn.tolist() == pytest.approx([*kept.tolist(), 0], abs=0.03)


def test_greedy_repeats_are_refused() -> None:
    with pytest.raises(ValueError, match="repeats=2 needs a temperature"):
        generate(small(), TOKENIZER, PROMPTS, replace(SETTINGS, repeats=2))


def test_prompts_that_cannot_be_asked_or_fail_leave_the_others(caplog: pytest.LogCaptureFixture) -> None:
    expected = says(small())
    model = fail_on(small(), holds("PASS"), RuntimeError("no\nPASS"))
    beyond = replace(PROMPTS[3], tokens=(1, 99_999))
    long = replace(PROMPTS[4], tokens=PROMPTS[4].tokens * 900)
    with caplog.at_level(logging.INFO):
        result = generate(model, TOKENIZER, [*PROMPTS[:3], beyond, long], SETTINGS)
    assert [each.text for each in result.completions] == [None, *expected[1:3], None, None]
    reasons = [each.failure for each in result.completions if each.failure]
    assert reasons[0] == "RuntimeError: no PASS"
    assert reasons[1] == f"the tokenizer writes token 99999, the model has no more than {len(TOKENIZER)}"
    assert (
        reasons[2]
        == f"{len(long.tokens)} tokens of the prompt and 8 of the answer do not fit into the model's context of 2048"
    )
    (error,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "model float32, autocast none, adapter none, inputs int64" in error.getMessage()
    assert "2 of 5 prompts answered, 3 failed" in caplog.records[-1].getMessage()


def test_a_failure_of_all_is_raised_with_what_was_found(caplog: pytest.LogCaptureFixture) -> None:
    model = fail_on(small(), lambda _: True, RuntimeError("broken"))
    with pytest.raises(GenerationFailed, match="none of 5 prompts was answered; the first: RuntimeError: broken") as it:
        generate(model, TOKENIZER, PROMPTS, SETTINGS)
    assert [each.failure for each in it.value.result.completions] == ["RuntimeError: broken"] * 5
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 2  # the first failure, and the pass


def test_a_batch_too_large_for_memory_is_answered_in_halves(caplog: pytest.LogCaptureFixture) -> None:
    expected = generate(small(), TOKENIZER, PROMPTS, SETTINGS)
    model = fail_on(small(), lambda ids: ids.shape[0] > 1, torch.OutOfMemoryError("CUDA out of memory"))
    result = generate(model, TOKENIZER, PROMPTS, SETTINGS)
    assert [each.text for each in result.completions] == [each.text for each in expected.completions]
    assert "a batch of 3 does not fit into memory" in caplog.text
    assert not [record for record in caplog.records if record.levelno == logging.ERROR]


def test_scores_that_are_not_numbers_are_a_failure_and_no_answer() -> None:
    model = small()
    model.model.norm.weight.data.fill_(torch.nan)
    with pytest.raises(GenerationFailed, match="no finite score"):
        generate(model, TOKENIZER, PROMPTS, SETTINGS)


def test_each_batch_is_told() -> None:
    told: list[int] = []
    generate(small(), TOKENIZER, PROMPTS, SETTINGS, on_batch=told.append)
    assert told == [3, 2]
