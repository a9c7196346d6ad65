"""How well a model foresees the ground truth: the loss it would be trained on, of the answer's tokens alone."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from tasks.predictions.generation.batches import padded
from tasks.predictions.generation.unwrap import Model
from tasks.predictions.prompts import Prompt


def truth_losses(model: Model, batch: Sequence[Prompt], padding: int, device: torch.device) -> list[float]:
    """Mean negative log-likelihood of each prompt's `truth_tokens`, in nats per token, in one forward.

    Scores are kept for as many of the last tokens as the longest truth has, where the model can be told so (all of
    transformers' common ones can), and made float32 row by row.

    Args:
        model: Unwrapped, in eval mode.
        batch: Prompts that have a ground truth.
        padding: Any token; it is masked.
        device: Of the model.
    """
    ids, mask = padded([(*prompt.tokens, *prompt.truth_tokens) for prompt in batch], padding, device)
    longest = max(len(prompt.truth_tokens) for prompt in batch) + 1
    takes: dict[str, Any] = {"position_ids": (mask.cumsum(-1) - 1).clamp(min=0), "logits_to_keep": longest}
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    known = inspect.signature(type(base).forward).parameters
    options = {name: value for name, value in takes.items() if name in known}
    scores = model(input_ids=ids, attention_mask=mask, use_cache=False, **options).logits
    lengths = [len(prompt.truth_tokens) for prompt in batch]
    losses = [
        cross_entropy(row[-length - 1 : -1].float(), tokens[-length:])
        for row, tokens, length in zip(scores, ids, lengths, strict=True)
    ]
    return torch.stack(losses).tolist()
