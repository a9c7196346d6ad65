"""What happens to each row's scores before the next token is taken."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from transformers import LogitsProcessor, TopPLogitsWarper

from tasks.predictions.prompts import Prompt

NEVER = 2**31


class FirstGap(LogitsProcessor):
    """Takes down at which step a row has no finite best score: what is said from there on means nothing."""

    def __init__(self, rows: int, device: torch.device) -> None:
        self._step = 0
        self._first = torch.full((rows,), NEVER, device=device)

    @property
    def steps(self) -> list[int]:
        """For each row, from 0; `NEVER` where all was well."""
        return self._first.tolist()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """See `LogitsProcessor`: ids `[rows, length]`, scores `[rows, vocabulary]`, returned as they are."""
        gap = ~scores.amax(dim=1).isfinite()
        self._first = torch.where(gap, self._first.clamp(max=self._step), self._first)
        self._step += 1
        return scores


class Draws(LogitsProcessor):
    """Makes the best score of each row a draw from the softmax of score / temperature, cut to the likeliest `top_p`.

    The largest of scores + Gumbel noise is such a draw (https://arxiv.org/abs/1411.0030). Each row has noise of its
    own, by its seed and the content of its sample: what is drawn does not depend on a row's company in the batch, but
    for the rounding of the scores. On another kind of device or version of torch the noise is another.
    """

    def __init__(
        self, batch: Sequence[Prompt], *, seed: int, temperature: float, top_p: float, device: torch.device
    ) -> None:
        self._noises = [torch.Generator(device).manual_seed(_seed_of(prompt, seed)) for prompt in batch]
        self._temperature = temperature
        self._cut: Any = TopPLogitsWarper(top_p) if top_p < 1 else None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """See `LogitsProcessor`: ids `[rows, length]`, scores `[rows, vocabulary]`, new scores returned."""
        scores = scores / self._temperature
        if self._cut is not None:
            scores = self._cut(input_ids, scores)
        noise = torch.empty_like(scores)
        for row, generator in zip(noise, self._noises, strict=True):
            row.exponential_(generator=generator)
        return scores - noise.log()


def _seed_of(prompt: Prompt, seed: int) -> int:
    digest = hashlib.sha256(f"{seed} {prompt.sample_id}".encode()).digest()
    return int.from_bytes(digest[:7], "big")
