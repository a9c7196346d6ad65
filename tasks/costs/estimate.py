"""What is known of a run before it starts (a sample of what it will ask), and what is reckoned from that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from storage.records import Record

NumberT = TypeVar("NumberT", int, Decimal)


@dataclass(frozen=True)
class Asked:
    """What one evaluator asks about one thread, all repeats that it lacks together.

    Attributes:
        questions: First questions; what is asked because an answer left something out is not among them.
        size: UTF-8 bytes of their instructions, prompts and schemas.
        schemas: Those of `size` that are schemas.
    """

    questions: int = 0
    size: int = 0
    schemas: int = 0


@dataclass(frozen=True)
class Drawn:
    """The threads that a run still has to judge, and what is asked about a sample of them.

    Attributes:
        items: How many such threads there are.
        of_items: Threads in the run.
        asked: By evaluator, for each thread of the sample.
    """

    items: int
    of_items: int
    asked: Sequence[Mapping[str, Asked]]


class Range(Record, Generic[NumberT]):
    """A figure with its 95 % range."""

    value: NumberT
    low: NumberT
    high: NumberT


class Estimate(Record):
    """What a run will use. `eval_runs.estimate` holds it as JSON.

    Attributes:
        judge: Who will be asked, as `openai:gpt-5-mini`.
        items: Threads that still lack a row.
        of_items: Threads in the run.
        sampled: How many of `items` were looked at.
        calls: Calls of the judge, all evaluators and repeats together.
        tokens_in: Input tokens.
        tokens_out: Output tokens, reasoning included.
        cost_usd: None where the price of the model is not known.
        basis: What tokens are reckoned by: `history of N calls`, `rules of thumb`, or both.
    """

    judge: str
    items: int
    of_items: int
    sampled: int
    calls: Range[int]
    tokens_in: Range[int]
    tokens_out: Range[int]
    cost_usd: Range[Decimal] | None
    basis: str
