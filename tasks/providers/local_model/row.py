"""One answer in the making: what is asked, how it is to be sampled, and the tokens said so far."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from llguidance import LLMatcher, LLTokenizer

from tasks.providers.base import ModelReply, Sampling
from tasks.providers.errors import AnswerTruncated, CallFailed, ModelError


@dataclass
class Row:
    """A row of a batch.

    Attributes:
        prompt: Token ids.
        vocabulary: The model's tokens as the grammar sees them.
        grammar: What the answer must be, as llguidance writes it.
        sampling: Temperature and seed; None and 0 of the temperature mean the likeliest token each time.
        most: Most tokens to say: the request's limit, or what the model's context has left.
        is_abandoned: Whether nobody waits for the answer any more.
        said: Tokens so far.
        failure: What went wrong; None while nothing did.
        matcher: How far the grammar is; made by `start`.
        noise: What samples the tokens; made by `start`.
    """

    prompt: list[int]
    vocabulary: LLTokenizer
    grammar: str
    sampling: Sampling
    most: int
    is_abandoned: Callable[[], bool] = lambda: False
    said: list[int] = field(default_factory=list[int])
    failure: str | None = None
    matcher: LLMatcher = field(init=False)
    noise: torch.Generator = field(init=False)

    def start(self, device: torch.device) -> None:
        """Forget what was said. A seed makes the same noise in whatever batch, on one kind of device."""
        self.said, self.failure = [], None
        self.matcher = LLMatcher(self.vocabulary, self.grammar, log_level=0)
        self.noise = torch.Generator(device)
        if self.sampling.seed is None:
            self.noise.seed()
        else:
            self.noise.manual_seed(self.sampling.seed % 2**63)

    @property
    def is_over(self) -> bool:
        """Whether no more is to be said, for whatever reason."""
        return (
            self.failure is not None or len(self.said) >= self.most or self.matcher.is_stopped() or self.is_abandoned()
        )

    def say(self, token: int) -> None:
        """Take the next token."""
        self.said.append(token)
        if not self.matcher.consume_token(token):
            self.failure = f"the grammar refuses token {token}: {self.matcher.get_error()}"

    def outcome(self) -> ModelReply | ModelError:
        """The answer that was said, or why there is none."""
        failure = self.failure or self.matcher.get_error()
        if failure:
            return CallFailed(failure)
        ends = set(self.vocabulary.eos_tokens)
        text = self.vocabulary.decode_str([token for token in self.said if token not in ends])
        reply = ModelReply(text=text, tokens_in=len(self.prompt), tokens_out=len(self.said))
        if self.matcher.is_stopped():
            return reply
        is_full = self.most < self.sampling.max_output_tokens
        why = "the model's context is full" if is_full else "raise EVALFLOWS_MAX_OUTPUT_TOKENS"
        return AnswerTruncated(f"cut off after {len(self.said)} tokens: {why}", reply)
