"""What every provider takes and gives: a `ModelRequest` in, a `ModelReply` out, `ModelError` otherwise."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Generic, Protocol, TypeVar

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


class ModelRequest(Record):
    """One call, with everything that changes its answer.

    Attributes:
        parameters: Sampling parameters and token limit.
        schema_name: Name of the answer's schema.
        answer_schema: JSON schema the answer must fit.
        repeat: From 0.
    """

    provider: str
    base_url: str
    model: str
    system: str
    prompt: str
    parameters: dict[str, JsonValue]
    schema_name: str
    answer_schema: dict[str, JsonValue]
    repeat: int = 0

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) over the whole request: the ledger's key."""
        return hashlib.sha256(orjson.dumps(self.model_dump(), option=orjson.OPT_SORT_KEYS)).hexdigest()


class ModelReply(Record):
    """A complete answer.

    Attributes:
        text: The answer as sent, JSON by request; NUL and lone surrogates are replaced.
        tokens_in: Input tokens billed; 0 where the provider does not say.
        tokens_out: Output tokens billed; 0 where the provider does not say.
    """

    text: Annotated[str, AfterValidator(storable)]
    tokens_in: int = 0
    tokens_out: int = 0


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
