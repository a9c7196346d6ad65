"""Keeps each answer of a batch to its JSON schema while it is generated, and samples it with noise of its own.

llguidance masks the tokens that cannot go on to an answer that fits. It has no dependencies and no step of compilation,
and takes recursion, bounds and `anyOf`; outlines-core drops bounds and cuts recursion, xgrammar brings triton (286 MB),
lm-format-enforcer cannot be imported with transformers 5 (compared 2026-11).
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# torch says in part only what its functions give

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from pydantic import JsonValue
from transformers import LogitsProcessor, StoppingCriteria

from tasks.providers.errors import CallRejected
from tasks.providers.local_model.row import Row


def grammar_of(vocabulary: LLTokenizer, schema: dict[str, JsonValue]) -> str:
    """A JSON schema as a grammar, spaced as json.dumps does: white space that is free can be put without end.

    Raises:
        CallRejected: It uses what llguidance does not know.
    """
    grammar = LLMatcher.grammar_from_json_schema(
        schema, overrides={"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
    )
    if problem := LLMatcher.validate_grammar(grammar, vocabulary):
        raise CallRejected(f"answers cannot be kept to the schema: {problem}")
    return grammar


class OnlyWhatFits(LogitsProcessor):
    """Leaves of each row's scores those of tokens that its grammar allows next.

    Sampling happens here too: the largest of score / temperature + Gumbel noise is a draw from the softmax (Gumbel's
    trick, https://arxiv.org/abs/1411.0030). So a row's draws depend on its own seed, not on its company, and
    torch's global random state stays as it is.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """See `LogitsProcessor`: ids `[rows, length]`, scores `[rows, vocabulary]`, new scores returned."""
        for number, row in enumerate(self._rows):
            if row.sampling.temperature:
                waiting = torch.empty_like(scores[number]).exponential_(generator=row.noise)
                scores[number] = scores[number] / row.sampling.temperature - waiting.log()
        allowed = self._allowed(scores.shape[1]).to(scores.device)
        scores = scores.masked_fill(~allowed, -torch.inf)
        has_scores: list[bool] = scores.amax(dim=1).isfinite().tolist()
        for row, has_score in zip(self._rows, has_scores, strict=True):
            if not has_score and not row.is_over:
                row.failure = "the model gives no finite score to any token that fits (its precision may be too low)"
        return scores

    def _allowed(self, width: int) -> torch.Tensor:
        """Which tokens may come next, `[rows, width]`; all of them in rows that are over."""
        tokens = self._rows[0].vocabulary.vocab_size  # the model may score more, which stand for nothing, or fewer
        words = allocate_token_bitmask(len(self._rows), tokens)
        for number, row in enumerate(self._rows):
            if not row.is_over:
                fill_next_token_bitmask(row.matcher, words, number)
        bits = np.unpackbits(words.view(np.uint8), axis=1, count=tokens, bitorder="little")
        allowed = torch.zeros(len(self._rows), max(width, tokens), dtype=torch.bool)
        allowed[:, :tokens] = torch.from_numpy(bits.astype(np.bool_))
        return allowed[:, :width]


class SaidAll(StoppingCriteria):
    """Takes down each token, and says which rows are over."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __call__(
        self, input_ids: torch.Tensor, scores: tuple[torch.Tensor] | None, **kwargs: object
    ) -> torch.BoolTensor:
        """See `StoppingCriteria`: ids `[rows, length]`; whether each row is over, `[rows]`."""
        tokens: list[int] = input_ids[:, -1].tolist()
        for row, token in zip(self._rows, tokens, strict=True):
            if not row.is_over:
                row.say(token)
        are_over = torch.tensor([row.is_over for row in self._rows], device=input_ids.device)
        return cast("torch.BoolTensor", are_over)
