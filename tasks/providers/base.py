"""What every provider takes and gives: a `ModelRequest` in, a `ModelReply` out, `ModelError` otherwise."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Generic, Literal, Protocol, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, JsonValue

from storage.records import Record, storable

AnswerT = TypeVar("AnswerT", bound=BaseModel)


@dataclass(frozen=True)
class Question(Generic[AnswerT]):
    """What an evaluator asks a judge.

    Attributes:
        item: The thread's external id, for the ledger.
        method: Which evaluator asks, and what for: `intent`, `intent/missing`.
        system: The judge's instructions.
        prompt: The material, hostile text fenced.
        answer: The pydantic model the answer must fit.
        repeat: From 0; a repeat is a separate call.
    """

    item: str
    method: str
    system: str
    prompt: str
    answer: type[AnswerT]
    repeat: int = 0


class Ask(Protocol):
    """Puts a question to the judge of the run; raises a `ModelError` where there is no usable answer."""

    async def __call__(self, question: Question[AnswerT]) -> AnswerT:
        """Ask, or read the answer committed earlier in this run."""
        ...


class Turn(Record):
    """One message of a request.

    Attributes:
        role: Who speaks; the first and the last turn are the user's.
        text: What is said.
        images: References to images that come with it (https URLs), in order; providers pass them on, unread.
    """

    role: Literal["user", "assistant"]
    text: str
    images: tuple[str, ...] = ()


class Sampling(Record):
    """How the model is to answer; each provider spells it its own way.

    Attributes:
        temperature: Left out for a model that refuses one; None means the model's default.
        seed: Passed on where the API has one; None means none.
        max_output_tokens: Most tokens of the answer, reasoning included; always sent.
    """

    temperature: float | None = None
    seed: int | None = None
    max_output_tokens: int


class ModelRequest(Record):
    """One call, with everything that changes its answer.

    Attributes:
        provider: The word before the colon of the judge.
        base_url: Where the call goes.
        system: Instructions.
        turns: The conversation; one user turn, as a rule.
        sampling: Temperature, seed and token limit.
        schema_name: Name of the answer's schema.
        answer_schema: JSON schema the answer must fit.
        repeat: From 0.
    """

    provider: str
    base_url: str
    model: str
    system: str
    turns: tuple[Turn, ...]
    sampling: Sampling
    schema_name: str
    answer_schema: dict[str, JsonValue]
    repeat: int = 0

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) over the whole request: the ledger's key."""
        return hashlib.sha256(orjson.dumps(self.model_dump(), option=orjson.OPT_SORT_KEYS)).hexdigest()

    @property
    def prompt(self) -> str:
        """What is said to the model, as the ledger keeps it."""
        if len(self.turns) == 1:
            return self.turns[0].text
        return "\n\n".join(f"[{turn.role}]\n{turn.text}" for turn in self.turns)


class ModelReply(Record):
    """A complete answer.

    Attributes:
        text: The answer as sent, JSON by request; NUL and lone surrogates are replaced.
        tokens_in: Input tokens billed, those read from a cache included; 0 where the provider does not say.
        tokens_cached: Those of `tokens_in` that were read from the provider's cache.
        tokens_out: Output tokens billed, reasoning included; 0 where the provider does not say.
        tokens_reasoning: Those of `tokens_out` that were reasoning.
        served_model: The model that answered, as the provider names it; None where it does not say.
    """

    text: Annotated[str, AfterValidator(storable)]
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    tokens_reasoning: int = 0
    served_model: Annotated[str, AfterValidator(storable)] | None = None


class Provider(Protocol):
    """One model API. Holds its client; makes one attempt per call and never retries.

    Attributes:
        name: The word before the colon of the judge.
        base_url: Where calls go; part of what identifies a request.
        model: The word after the colon.
        free: True when a call costs no money.
    """

    name: str
    base_url: str
    model: str
    free: bool

    async def complete(self, request: ModelRequest, item: str, method: str) -> ModelReply:
        """Make the call once.

        Args:
            request: The call.
            item: The thread's external id; only `scripted:` looks at it.
            method: Which evaluator asks; only `scripted:` looks at it.

        Raises:
            ModelError: There is no usable answer.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
