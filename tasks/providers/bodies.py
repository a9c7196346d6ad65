"""What the bodies of all APIs' replies are read with: parsed or refused, tokens counted, no answer in time."""

import json
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from tasks.providers.errors import CallFailed

MOST_TOKENS = 2**53
SHOWN = 200

BodyT = TypeVar("BodyT", bound=BaseModel)


def read_body(body: str, model: type[BodyT], what: str) -> BodyT:
    """Parse the body of a reply.

    Args:
        body: As it came.
        model: What it is to be.
        what: That in words, for the error.

    Raises:
        CallFailed: It is not JSON, or JSON of something else.
    """
    try:
        return model.model_validate(json.loads(body))
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise CallFailed(f"the reply is {what} ({where}): {body[:SHOWN]}") from error
    except (ValueError, RecursionError) as error:
        raise CallFailed(f"the reply is not JSON ({error}): {body[:SHOWN]}") from error


def tokens(usage: JsonValue, *path: str) -> int:
    """A number of tokens billed; 0 where the server does not say, or says what is none."""
    for name in path:
        usage = usage.get(name) if isinstance(usage, dict) else None
    return usage if isinstance(usage, int) and 0 <= usage < MOST_TOKENS else 0


def no_answer_within(seconds: float) -> CallFailed:
    """The error of a call that took too long."""
    return CallFailed(f"no answer within {seconds:g} seconds (EVALFLOWS_CALL_TIMEOUT_SECONDS)")
