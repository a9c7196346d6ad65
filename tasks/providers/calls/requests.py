"""A question made into a request, the request that asks for a repair, and how much a request can use at most."""

from functools import lru_cache
from typing import Any

import orjson
from pydantic import BaseModel

from settings import Settings
from tasks.providers.base import ModelRequest, Provider, Question, Sampling, Turn
from tasks.providers.errors import AnswerUnparseable

FRAMING_TOKENS = 100
"""More than any API adds to a request of its own: roles, separators, the frame around a schema."""

BYTES_PER_TOKEN = 4
"""About what a token of English is; only for the pace, which is corrected by what was billed."""


def request_for(question: Question[Any], provider: Provider, settings: Settings) -> ModelRequest:
    """The request that puts a question to a provider's model; each repeat has a seed of its own, where there is one."""
    seed = None if settings.seed is None else settings.seed + question.repeat
    return ModelRequest(
        provider=provider.name,
        base_url=provider.base_url,
        model=provider.model,
        system=question.system,
        turns=(Turn(role="user", text=question.prompt),),
        sampling=Sampling(temperature=settings.temperature, seed=seed, max_output_tokens=settings.max_output_tokens),
        schema_name=question.answer.__name__,
        answer_schema=answer_schema(question.answer),
        repeat=question.repeat,
    )


def repair_of(request: ModelRequest, failure: AnswerUnparseable) -> ModelRequest:
    """The request once more, with the answer that did not fit and what is wrong with it."""
    said = failure.reply.text if failure.reply else ""
    wrong = f"That answer does not fit the schema: {failure}. Give the whole answer again, as JSON that fits."
    turns = (*request.turns, Turn(role="assistant", text=said), Turn(role="user", text=wrong))
    return request.model_copy(update={"turns": turns})


def most_tokens_in(request: ModelRequest) -> int:
    """An upper bound of the input tokens: no tokenizer makes more tokens than there are bytes of UTF-8."""
    texts = [request.system, *(turn.text for turn in request.turns)]
    schema = len(request.schema_name) + len(orjson.dumps(request.answer_schema))
    return sum(size_of(text) for text in texts) + schema + FRAMING_TOKENS * (1 + len(request.turns))


def likely_tokens(request: ModelRequest, tokens_out: float) -> int:
    """About how many tokens a call uses that answers with so many."""
    return most_tokens_in(request) // BYTES_PER_TOKEN + int(tokens_out)


def size_of(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


@lru_cache
def answer_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema sent to the model."""
    return answer.model_json_schema()


@lru_cache
def schema_bytes(answer: type[BaseModel]) -> int:
    """Bytes of that schema as JSON."""
    return len(orjson.dumps(answer_schema(answer)))
