"""What judges answer with: strict answer models, verdict words in any spelling, text that can be stored."""

import math
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from tasks.evaluators.base import Correctness, Efficiency, Recovery
from tasks.evaluators.labels import SEPARATORS

PolicyStatus = Literal["FOLLOWED", "VIOLATED", "NOT_APPLICABLE"]
Cause = Literal["user", "bot"]


def _respell(letters: Callable[[str], str], separator: str = " ") -> BeforeValidator:
    """Bring a word to the spelling of the schema: its letter case, its separator."""

    def respelled(value: object) -> object:
        return letters(SEPARATORS.sub(separator, value.strip())) if isinstance(value, str) else value

    return BeforeValidator(respelled)


def _storable(text: str) -> str:
    """Postgres stores no NUL."""
    return text.replace("\0", "")


def _share_or_none(value: float | None) -> float | None:
    """A number outside 0 to 1 says nothing about confidence."""
    return value if value is not None and math.isfinite(value) and 0 <= value <= 1 else None


CorrectnessWord = Annotated[Correctness, _respell(str.upper)]
EfficiencyWord = Annotated[Efficiency, _respell(str.upper)]
RecoveryWord = Annotated[Recovery, _respell(str.upper)]
PolicyWord = Annotated[PolicyStatus, _respell(str.upper, "_")]
CauseWord = Annotated[Cause, _respell(str.lower)]
Words = Annotated[str, AfterValidator(_storable)]
Confidence = Annotated[float | None, AfterValidator(_share_or_none)]


class Answer(BaseModel):
    """Base of every answer: all fields are required, no other is allowed, as strict structured output asks."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Quote(Answer):
    """A quotation from one message of the transcript."""

    index: int
    quote: Words
