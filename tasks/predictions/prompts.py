"""What the parts of a pass hand to each other: a prompt, the settings it is answered with, the completion."""

from dataclasses import dataclass, field
from typing import Literal

Frequency = Literal["epoch", "steps", "eval", "save"]
"""When predictions are made during a training."""


@dataclass(frozen=True)
class Prompt:
    """One sample as a model is given it.

    Attributes:
        index: From 0, its place among the job's prompts.
        sample_id: SHA-256 (hex) of the sample's content.
        text: The prompt, chat template applied, with the generation prompt at its end.
        tokens: The text as the tokenizer writes it; empty where `failure` says why it cannot be asked.
        ground_truth: The answer in the data; None where there is none.
        truth_tokens: That answer as tokens, the end of the turn included; empty where there is none.
        messages: The turns the text was made of, for a server that applies its own template.
        failure: Why it cannot be asked, as too long; None where it can.
    """

    index: int
    sample_id: str
    text: str
    tokens: tuple[int, ...]
    ground_truth: str | None = None
    truth_tokens: tuple[int, ...] = ()
    messages: tuple[dict[str, object], ...] = ()
    tools: tuple[dict[str, object], ...] = ()
    failure: str | None = None


@dataclass(frozen=True)
class GenerationSettings:
    """How prompts are answered; all of it changes what is said, and is pinned with the job.

    Attributes:
        max_new_tokens: Most tokens of a completion.
        batch_size: Prompts answered at once; their order and number is kept, since it changes bf16 results.
        temperature: 0 is greedy.
        top_p: Of the sampling; 1 is all.
        repeats: How often each prompt is answered, with seeds `seed`, `seed + 1` ...; more than 1 needs a temperature.
        seed: Of the first repeat.
    """

    max_new_tokens: int = 256
    batch_size: int = 16
    temperature: float = 0.0
    top_p: float = 1.0
    repeats: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Completion:
    """What came of one prompt in one repeat.

    Attributes:
        text: What was said, special tokens left out; None where `failure` says why there is nothing.
        truncated: Whether it was stopped by the limit of tokens.
        tokens_in: Of the prompt.
        tokens_out: Of what was said, the token that ends it included.
        latency_seconds: How long its batch took.
        truth_loss: Mean negative log-likelihood of the ground truth's tokens, in nats; None where there is none.
        seed: Of its random numbers; None for greedy.
    """

    index: int
    repeat: int = 0
    text: str | None = None
    failure: str | None = None
    truncated: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    latency_seconds: float | None = None
    truth_loss: float | None = None
    seed: int | None = None


@dataclass(frozen=True)
class ModelIdentity:
    """Which weights answered, and how they were computed; stored with each row.

    Attributes:
        dtype: As `bfloat16 autocast over float32`.
        adapter_hash: SHA-256 (hex) of the adapter's weights; None without one.
        base_revision: The base's path or name, and its commit where it has one.
        template_hash: SHA-256 (hex) of the chat template; None without one.
        backend: `transformers on cpu`, or the server asked.
    """

    dtype: str
    adapter_hash: str | None = None
    base_revision: str | None = None
    template_hash: str | None = None
    backend: str = "transformers"


@dataclass(frozen=True)
class PassResult:
    """One pass over all prompts at one step."""

    identity: ModelIdentity
    completions: tuple[Completion, ...]
    seconds: float = 0.0
    dtypes: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def failed(self) -> tuple[Completion, ...]:
        """Those that have no text."""
        return tuple(each for each in self.completions if each.failure is not None)
