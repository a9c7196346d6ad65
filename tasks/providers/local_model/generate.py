"""Answers a batch of rows: one `generate`, left-padded, and what is to be done when it does not fit."""

from collections.abc import Sequence

import torch
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from tasks.providers.local_model.constrain import OnlyWhatFits, SaidAll
from tasks.providers.local_model.load import LoadedModel
from tasks.providers.local_model.row import Row


def answer_rows(loaded: LoadedModel, rows: Sequence[Row]) -> None:
    """Let every row say all it has to say.

    A batch that does not fit into the device's memory is answered in halves. One whose longest prompt leaves too little
    of the context for the others stops there, and those that were not over are asked again without it: a row's limit,
    like its answer, does not depend on its company.
    """
    if not rows:
        return
    if not fits(loaded, rows):
        forget_memory(loaded.device)
        if len(rows) == 1:
            rows[0].failure = f"out of memory on {loaded.device} with a prompt of {len(rows[0].prompt)} tokens"
            return
        half = len(rows) // 2
        answer_rows(loaded, rows[:half])
        answer_rows(loaded, rows[half:])
        return
    answer_rows(loaded, [row for row in rows if not row.is_over])


def fits(loaded: LoadedModel, rows: Sequence[Row]) -> bool:
    """Generate; False where the device's memory does not suffice."""
    for row in rows:
        row.start(loaded.device)
    try:
        generate(loaded, rows)
    except torch.OutOfMemoryError:
        return False
    return True


def generate(loaded: LoadedModel, rows: Sequence[Row]) -> None:
    """One batch, as far as all rows have room; the tokens are taken down in the rows."""
    width = max(len(row.prompt) for row in rows)
    most = max(row.most for row in rows)
    if loaded.context is not None:
        most = min(most, loaded.context - width)  # rows that are over go on: no position may lie beyond the context
    padding = loaded.model.generation_config.pad_token_id
    ids = torch.tensor([[padding] * (width - len(row.prompt)) + row.prompt for row in rows])
    mask = torch.tensor([[0] * (width - len(row.prompt)) + [1] * len(row.prompt) for row in rows])
    with torch.inference_mode():
        loaded.model.generate(
            input_ids=ids.to(loaded.device),
            attention_mask=mask.to(loaded.device),
            generation_config=GenerationConfig(max_new_tokens=most, do_sample=False, use_cache=True),
            logits_processor=LogitsProcessorList([OnlyWhatFits(rows)]),
            stopping_criteria=StoppingCriteriaList([SaidAll(rows)]),
        )


def forget_memory(device: torch.device) -> None:
    """Give memory back that torch keeps for later."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
