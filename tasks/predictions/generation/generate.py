"""Answers prompts with a model: one `generate` per batch."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# transformers says in part only what its functions give

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from tasks.predictions.prompts import Completion, GenerationSettings, ModelIdentity, PassResult, Prompt


def generate(
    model: Any,  # noqa: ANN401 whose own types are unknown in part
    tokenizer: Any,  # noqa: ANN401
    prompts: Sequence[Prompt],
    settings: GenerationSettings,
    *,
    autocast_dtype: torch.dtype | None = None,
    on_batch: Callable[[int], None] | None = None,
) -> PassResult:
    """Answer every prompt."""
    completions: list[Completion] = []
    began = time.perf_counter()
    for start in range(0, len(prompts), settings.batch_size):
        batch = prompts[start : start + settings.batch_size]
        width = max(len(prompt.tokens) for prompt in batch)
        padding = tokenizer.pad_token_id
        ids = torch.tensor([[padding] * (width - len(each.tokens)) + list(each.tokens) for each in batch])
        mask = torch.tensor([[0] * (width - len(each.tokens)) + [1] * len(each.tokens) for each in batch])
        with torch.inference_mode():
            answers = model.generate(
                input_ids=ids.to(model.device),
                attention_mask=mask.to(model.device),
                max_new_tokens=settings.max_new_tokens,
                do_sample=False,
                pad_token_id=padding,
            )
        for prompt, answer in zip(batch, answers[:, width:].tolist(), strict=True):
            text = tokenizer.decode(answer, skip_special_tokens=True)
            completions.append(Completion(prompt.index, text=text, tokens_in=len(prompt.tokens)))
        if on_batch is not None:
            on_batch(len(batch))
    return PassResult(ModelIdentity(str(model.dtype)), tuple(completions), time.perf_counter() - began)
