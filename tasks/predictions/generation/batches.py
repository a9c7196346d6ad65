"""How a batch is worked on: at once, in halves where memory does not suffice, one by one where it fails."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from tasks.predictions.prompts import Prompt

logger = logging.getLogger(__name__)

LONGEST_REASON = 500

Outcome = TypeVar("Outcome")
Work = Callable[[Sequence[Prompt]], list[Outcome]]
"""Gives one outcome for each prompt, in order."""


def work_on(
    batch: Sequence[Prompt], work: Work[Outcome], give_up: Callable[[Prompt, Exception], Outcome]
) -> list[Outcome]:
    """An outcome for each prompt, in order; those that fail alone too get what `give_up` makes of the error."""
    try:
        return _in_halves(batch, work)
    except Exception as error:  # noqa: BLE001 whatever a model raises, the other prompts are answered
        if len(batch) == 1:
            return [give_up(batch[0], error)]
        logger.warning("a batch of %d failed and is done one by one: %s", len(batch), reason_of(error))
    return [outcome for prompt in batch for outcome in work_on([prompt], work, give_up)]


def reason_of(error: BaseException) -> str:
    """An error in one line of at most 500 characters."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:LONGEST_REASON]


def padded(rows: Sequence[Sequence[int]], padding: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens and mask, `[rows, longest]`, padded on the left: all rows end together, where generation goes on."""
    width = max(len(row) for row in rows)
    ids = [[padding] * (width - len(row)) + list(row) for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def _in_halves(batch: Sequence[Prompt], work: Work[Outcome]) -> list[Outcome]:
    try:
        return work(batch)
    except RuntimeError as error:
        if len(batch) == 1 or not _is_out_of_memory(error):
            raise
    logger.warning("a batch of %d does not fit into memory and is done in halves", len(batch))
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    half = len(batch) // 2
    return [*_in_halves(batch[:half], work), *_in_halves(batch[half:], work)]


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Of a GPU, or of the machine, for which torch has no class of error."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator: can't allocate memory" in str(error)
