"""Which tokens a model takes, how many, and which of them end an answer."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

from dataclasses import dataclass
from typing import Any

from tasks.predictions.generation.unwrap import Model
from tasks.predictions.prompts import Prompt
from tasks.predictions.samples import context_of


@dataclass(frozen=True)
class Limits:
    """What a model can be given.

    Attributes:
        tokens: How many it has embeddings for. Another one stops a GPU for the whole process, so none is ever given.
        context: Most tokens of prompt and answer together; None where its config has no bound.
        new_tokens: Most tokens of an answer.
    """

    tokens: int
    context: int | None
    new_tokens: int

    def refuse(self, prompt: Prompt) -> str | None:
        """Why a prompt cannot be asked, in one line; None where it can."""
        if prompt.failure is not None or not prompt.tokens:
            return prompt.failure or "the prompt has no tokens"
        if max(prompt.tokens) >= self.tokens:
            return f"the tokenizer writes token {max(prompt.tokens)}, the model has no more than {self.tokens}"
        if self.context is not None and len(prompt.tokens) + self.new_tokens > self.context:
            why = f"{len(prompt.tokens)} tokens of the prompt and {self.new_tokens} of the answer"
            return f"{why} do not fit into the model's context of {self.context}"
        return None

    def take_truth(self, prompt: Prompt) -> bool:
        """Whether there is a ground truth that the model can be given after the prompt."""
        length = len(prompt.tokens) + len(prompt.truth_tokens)
        is_known = max(prompt.truth_tokens, default=self.tokens) < self.tokens
        return is_known and (self.context is None or length <= self.context)


def limits_of(model: Model, new_tokens: int) -> Limits:
    """Of an unwrapped model that may answer with so many tokens."""
    return Limits(model.get_input_embeddings().weight.shape[0], context_of(model.config), new_tokens)


def ends_of(model: Model, tokenizer: Any) -> tuple[int, ...]:  # noqa: ANN401 whose own types are unknown in part
    """The tokens that end an answer: those the model names, and the tokenizer's; empty where there are none."""
    named: Any = getattr(model.generation_config, "eos_token_id", None)
    ends = [*(named if isinstance(named, list | tuple) else [named]), getattr(tokenizer, "eos_token_id", None)]
    return tuple(dict.fromkeys(int(token) for token in ends if token is not None))
