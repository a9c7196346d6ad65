"""What an evaluator is: a name, a version, and two ways to judge a thread (by rules, by a model)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

from pydantic import Field, JsonValue

from storage.records import Record, Thread, UnscoredReason
from tasks.providers.base import Ask

Correctness = Literal["PASS", "SOFT FAIL", "HARD FAIL", "CRITICAL", "NOT APPLICABLE"]
Efficiency = Literal["EFFICIENT", "ACCEPTABLE", "FRICTION", "BROKEN", "INCOMPLETE"]
Recovery = Literal["GOOD", "PARTIAL", "FAILED", "NOT NEEDED"]

WORST_FIRST: tuple[Correctness, ...] = ("CRITICAL", "HARD FAIL", "SOFT FAIL", "PASS", "NOT APPLICABLE")


class Evidence(Record):
    """A quotation from the thread.

    Attributes:
        index: Index of the message it is said to stand in.
        quote: The words.
        found: True when they really stand there (white space and letter case aside); an invented one is False.
    """

    index: int
    quote: str
    found: bool


class Intent(Record):
    """One intent of the taxonomy."""

    name: str
    description: str = ""


class PolicyRule(Record):
    """One of the user's own rules for the bot."""

    id: str
    section: str = ""
    text: str


class EvaluatorOptions(Record):
    """What the user may set about the judging, the same for all evaluators of a run.

    Attributes:
        intents: The taxonomy; empty means none is known and nothing is predicted by a judge.
        policy: The user's rules for the bot; empty means none.
        checks: Names of the rule checks that are on; None means those on by default.
        window_messages: Most messages shown to a judge in one call.
        window_overlap: Messages repeated from one window to the next.
        window_characters: Most characters of messages shown to a judge in one call; a message takes at most a quarter.
        query_types: Names of the query types; empty means none are known and none is predicted by a judge.
    """

    intents: tuple[Intent, ...] = ()
    policy: tuple[PolicyRule, ...] = ()
    checks: tuple[str, ...] | None = None
    window_messages: int = Field(default=60, ge=4)
    window_overlap: int = Field(default=10, ge=0)
    window_characters: int = Field(default=60_000, ge=2_000)
    query_types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What an evaluator found: scored (reason None), or unscored with its reason and neither verdict nor score.

    Attributes:
        verdict: The thread's word; None where the evaluator has none or the thread is unscored.
        score: 0 to 1; None where there is no number or the thread is unscored.
        reason: Why it is unscored; None when scored.
        detail: One line for an unscored thread.
        result: JSON: verdicts by message, evidence, reasoning.
    """

    verdict: str | None = None
    score: float | None = None
    reason: UnscoredReason | None = None
    detail: str | None = None
    result: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])


class Evaluator(Protocol):
    """One quality of a thread. Stateless: made once per run with its options, used by many coroutines at once."""

    name: ClassVar[str]
    version: ClassVar[str]

    @property
    def options(self) -> EvaluatorOptions:
        """What the user set about the judging."""
        ...

    def judge_by_rules(self, thread: Thread) -> Outcome:
        """Judge with computed checks only; `not_applicable` where only a judge could tell. CPU work, no I/O."""
        ...

    async def judge_by_model(self, thread: Thread, ask: Ask, repeat: int = 0) -> Outcome:
        """Judge by asking a model.

        Raises:
            ModelError: A call had no usable answer; the caller records the thread as unscored.
        """
        ...
