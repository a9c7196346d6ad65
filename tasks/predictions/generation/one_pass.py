"""One pass under way: batch after batch, every failure kept with its prompt, the first one told in full."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from tasks.predictions.generation.adapter import adapter_weights
from tasks.predictions.generation.answer import Answering
from tasks.predictions.generation.batches import reason_of, work_on
from tasks.predictions.generation.limits import Limits
from tasks.predictions.generation.precision import dtype_words, name_of
from tasks.predictions.generation.unwrap import Model
from tasks.predictions.prompts import Completion, Prompt

logger = logging.getLogger(__name__)


class Pass:
    """What came of a pass so far.

    Attributes:
        completions: Of the repeats that are done, in order of the prompts.
        dtypes: Precisions in words: of the model, autocast, the adapter, the inputs.
    """

    def __init__(self, answering: Answering, limits: Limits) -> None:
        """Nothing is asked yet."""
        self._answering = answering
        self._limits = limits
        self._losses: dict[int, float | None] = {}
        self._is_told = False
        self.completions: list[Completion] = []
        self.dtypes = dtypes_of(answering.model, answering.precision)

    def run(self, prompts: Sequence[Prompt], repeat: int, on_batch: Callable[[int], None]) -> None:
        """Answer each prompt once more; the ground truths are weighed the first time."""
        found: dict[int, Completion] = {}
        asked: list[Prompt] = []
        for prompt in prompts:
            if reason := self._limits.refuse(prompt):
                found[prompt.index] = self._failed(prompt, repeat, reason)
                if prompt.failure is None:  # else it was told where the prompts were made
                    self._tell(prompt, reason)
            else:
                asked.append(prompt)
        size = self._answering.settings.batch_size
        for batch in (asked[start : start + size] for start in range(0, len(asked), size)):
            having = [] if repeat else [prompt for prompt in batch if self._limits.take_truth(prompt)]
            answers = self._answer(batch, repeat, [prompt.index for prompt in having])
            if not repeat:
                self._weigh_truths(having, answers)
            for each in answers:
                found[each.index] = replace(each, truth_loss=self._losses.get(each.index))
            on_batch(len(batch))
        self.completions += [found[prompt.index] for prompt in prompts]

    def _answer(self, batch: Sequence[Prompt], repeat: int, weighed: Sequence[int]) -> list[Completion]:
        def give_up(prompt: Prompt, error: Exception) -> Completion:
            self._tell(prompt, reason_of(error), error)
            return self._failed(prompt, repeat, reason_of(error))

        answers = work_on(batch, lambda some: self._answering.answer(some, repeat, weighed), give_up)
        for prompt, answer in zip(batch, answers, strict=True):
            if answer.failure is not None:
                self._tell(prompt, answer.failure)
        return answers

    def _weigh_truths(self, having: Sequence[Prompt], answers: Sequence[Completion]) -> None:
        """Take the losses that came with the answers, and ask for the others."""

        def give_up(prompt: Prompt, error: Exception) -> None:
            logger.warning("prompt %d: no loss of its ground truth: %s", prompt.index, reason_of(error))

        self._losses |= {each.index: each.truth_loss for each in answers if each.truth_loss is not None}
        lacking = [prompt for prompt in having if prompt.index not in self._losses]
        if lacking:
            losses = work_on(lacking, self._answering.truth_losses, give_up)
            self._losses |= {prompt.index: loss for prompt, loss in zip(lacking, losses, strict=True)}

    def _failed(self, prompt: Prompt, repeat: int, reason: str) -> Completion:
        seed = self._answering.seed(repeat)
        return Completion(prompt.index, repeat, failure=reason, tokens_in=len(prompt.tokens), seed=seed)

    def _tell(self, prompt: Prompt, reason: str, error: Exception | None = None) -> None:
        """Log a pass's first failure with all that a mix of precisions shows itself by."""
        if self._is_told:
            return
        self._is_told = True
        dtypes = ", ".join(f"{name} {words}" for name, words in self.dtypes.items())
        device = self._answering.device
        logger.error("prompt %d was not answered on %s (%s): %s", prompt.index, device, dtypes, reason, exc_info=error)


def dtypes_of(model: Model, precision: torch.dtype | None) -> dict[str, str]:
    """Precisions in words: of the model, autocast, the adapter, the inputs."""
    adapter = {name_of(weights) for weights in adapter_weights(model).values()}
    return {
        "model": dtype_words(model, None),
        "autocast": "none" if precision is None else str(precision).removeprefix("torch."),
        "adapter": " + ".join(sorted(adapter)) or "none",
        "inputs": "int64",
    }
