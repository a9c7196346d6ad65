"""One batch of prompts into completions: one `generate`, and what its tokens say."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessorList

from tasks.predictions.generation.batches import padded
from tasks.predictions.generation.draws import Draws, FirstGap
from tasks.predictions.generation.precision import computing_in
from tasks.predictions.generation.truth import Cache, losses_after, truth_losses
from tasks.predictions.generation.unwrap import Model
from tasks.predictions.prompts import Completion, GenerationSettings, Prompt

logger = logging.getLogger(__name__)
NO_SCORE = "the model gives no finite score to any token (its weights or its precision)"


@dataclass(frozen=True)
class Answering:
    """What one pass answers with.

    Attributes:
        model: Unwrapped.
        tokenizer: For writing tokens as text; nothing of it is changed.
        device: Of the inputs.
        precision: To autocast to; None casts nothing.
        ends: Tokens that end an answer; may be empty.
    """

    model: Model
    tokenizer: Any
    device: torch.device
    precision: torch.dtype | None
    settings: GenerationSettings
    ends: tuple[int, ...]

    @property
    def padding(self) -> int:
        """Fills rows up; it is masked, so any token will do."""
        return self.ends[0] if self.ends else 0

    def config(self) -> GenerationConfig:
        """How transformers is to generate: the best token each time; sampling is done on the scores."""
        return GenerationConfig(
            max_new_tokens=self.settings.max_new_tokens,
            do_sample=False,
            use_cache=True,
            eos_token_id=list(self.ends) or None,
            pad_token_id=self.padding,
            disable_compile=True,
            return_dict_in_generate=True,
        )

    def answer(self, batch: Sequence[Prompt], repeat: int, weighed: Collection[int] = ()) -> list[Completion]:
        """One completion for each prompt; raises whatever the model raises.

        Args:
            batch: The prompts.
            repeat: From 0.
            weighed: Indexes of the prompts whose ground truths are weighed too, where the model's cache allows it.
        """
        began = time.perf_counter()
        ids, mask = padded([prompt.tokens for prompt in batch], self.padding, self.device)
        gaps = FirstGap(len(batch), self.device)
        with computing_in(self.precision, self.device):
            output = self.model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=self.config(),
                logits_processor=LogitsProcessorList([gaps, *self._draws(batch, repeat)]),
            )
            said = output.sequences[:, ids.shape[1] :].tolist()
            seconds = time.perf_counter() - began
            losses = self._losses_after(batch, weighed, ids, mask, output.past_key_values)
        rows = zip(batch, said, gaps.steps, strict=True)
        answers = [self._completion(prompt, tokens, gap, repeat, seconds) for prompt, tokens, gap in rows]
        return [replace(answer, truth_loss=losses.get(answer.index)) for answer in answers]

    def _losses_after(
        self, batch: Sequence[Prompt], weighed: Collection[int], ids: torch.Tensor, mask: torch.Tensor, cache: Cache
    ) -> dict[int, float]:
        """Losses by index, from what the model has read of the prompts already; empty where that cannot be used."""
        if not weighed:
            return {}
        truths = [prompt.truth_tokens if prompt.index in weighed else () for prompt in batch]
        try:
            losses = losses_after(self.model, truths, ids, mask, cache)
        except Exception as error:  # noqa: BLE001 another forward will do, and tells what fails there
            logger.debug("the cache cannot be used to weigh ground truths: %s", error)
            return {}
        return {prompt.index: loss for prompt, loss in zip(batch, losses, strict=True) if loss is not None}

    def truth_losses(self, batch: Sequence[Prompt]) -> list[float | None]:
        """See `tasks.predictions.generation.truth`; each of the batch has a ground truth."""
        with computing_in(self.precision, self.device):
            return [*truth_losses(self.model, batch, self.padding, self.device)]

    def seed(self, repeat: int) -> int | None:
        """Of a repeat; None for greedy."""
        return self.settings.seed + repeat if self.settings.temperature else None

    def _draws(self, batch: Sequence[Prompt], repeat: int) -> list[Draws]:
        seed, asked = self.seed(repeat), self.settings
        if seed is None:
            return []
        return [Draws(batch, seed=seed, temperature=asked.temperature, top_p=asked.top_p, device=self.device)]

    def _completion(self, prompt: Prompt, tokens: list[int], gap: int, repeat: int, seconds: float) -> Completion:
        end = next((place for place, token in enumerate(tokens) if token in self.ends), None)
        length = len(tokens) if end is None else end + 1
        is_sound = gap >= length
        return Completion(
            prompt.index,
            repeat,
            text=self.tokenizer.decode(tokens[:end], skip_special_tokens=True) if is_sound else None,
            failure=None if is_sound else NO_SCORE,
            truncated=end is None,
            tokens_in=len(prompt.tokens),
            tokens_out=length,
            latency_seconds=seconds,
            seed=self.seed(repeat),
        )
