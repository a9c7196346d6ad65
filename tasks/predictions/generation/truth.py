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

Cache = Any
"""What a model keeps of the tokens it has read, of one of transformers' kinds."""


def losses_after(
    model: Model, truths: Sequence[Sequence[int]], ids: torch.Tensor, mask: torch.Tensor, cache: Cache
) -> list[float | None]:
    """As `truth_losses`, without reading the prompts again; None for an empty truth.

    Args:
        model: Unwrapped, in eval mode.
        truths: Tokens of the ground truth of each prompt that the model has just been given; not all are empty.
        ids: Tokens of the prompts, `[rows, width]`, padded on the left.
        mask: Which of them are no padding.
        cache: What the model has read: the prompts, and what it said. It is cut, and of no use afterwards.

    Raises:
        Exception: The cache is of a kind that cannot be cut.
    """
    longest, width = max(len(truth) for truth in truths), ids.shape[1]
    cache.crop(width - 1 - cache.get_seq_length())  # a negative number: how many to take off
    if cache.get_seq_length() != width - 1:
        raise ValueError("the cache was not cut")
    padding = int(ids[0, -1])  # any token; it is masked
    filled = [[*truth, *[padding] * (longest - len(truth))] for truth in truths]
    reading = torch.cat([ids[:, -1:], torch.tensor(filled, device=ids.device)[:, :-1]], dim=1)
    lengths = torch.tensor([len(truth) for truth in truths], device=ids.device).unsqueeze(1)
    places = torch.arange(longest, device=ids.device)
    is_read = torch.cat([mask, (places[1:] < lengths).to(mask.dtype)], dim=1)
    positions = mask.sum(-1, keepdim=True) - 1 + places.minimum((lengths - 1).clamp(min=0))
    scores = model(input_ids=reading, attention_mask=is_read, position_ids=positions, past_key_values=cache).logits
    return [
        cross_entropy(row[: len(truth)].float(), torch.tensor(truth, device=ids.device)).item() if truth else None
        for row, truth in zip(scores, truths, strict=True)
    ]


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
