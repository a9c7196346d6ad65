"""Requests to a tiny model, put to it in one batch without a provider around."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import ModelError
from tasks.providers.local_model.folders import find_folders
from tests.tasks.providers.questions import request_for

if TYPE_CHECKING:
    from tasks.providers.local_model.load import LoadedModel

LENGTHS = (1, 40, 7, 80, 3, 19)
"""Of prompts that are put in one batch."""


class Cause(BaseModel):
    """A part of an answer, told once in its schema's $defs."""

    model_config = ConfigDict(extra="forbid")

    who: Literal["user", "bot"]
    causes: list["Cause"] = Field(max_length=1)


class Judged(BaseModel):
    """An answer that cannot be long."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=6)
    verdict: Literal["PASS", "SOFT FAIL", "HARD FAIL"]
    turns: list[Annotated[int, Field(ge=0, le=20)]] = Field(max_length=3)
    cause: Cause | None


def asked(length: int = 1, **changed: Any) -> ModelRequest:
    """A request with a prompt of so many letters."""
    sampling = {"max_output_tokens": 400, **changed.pop("sampling", {})}
    return request_for(
        **{"prompt": "x" * length, "answer_schema": Judged.model_json_schema(), "sampling": sampling, **changed}
    )


def answer(loaded: "LoadedModel", *requests: ModelRequest) -> list[ModelReply | ModelError]:
    """One batch."""
    from tasks.providers.local_model.answer import answer_requests

    return answer_requests(loaded, [(request, lambda: False) for request in requests])


def texts(outcomes: Sequence[ModelReply | ModelError]) -> list[str]:
    """All of them answers."""
    assert not [outcome for outcome in outcomes if isinstance(outcome, ModelError)]
    return [outcome.text for outcome in outcomes if isinstance(outcome, ModelReply)]


def loaded_from(folder: Path) -> "LoadedModel":
    from tasks.providers.local_model.load import load

    return load(find_folders(str(folder)), "cpu")
