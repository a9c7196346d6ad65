"""An answer validated against its schema, and what is wrong with one that does not fit, in words that are ours."""

import json

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from storage.records import storable
from tasks.providers.base import AnswerT, ModelReply
from tasks.providers.errors import AnswerUnparseable


def parse_answer(answer: type[AnswerT], reply: ModelReply) -> AnswerT:
    """Validate an answer against its schema.

    Raises:
        AnswerUnparseable: It does not fit; the message holds no word of the answer, which a stranger may have dictated.
    """
    try:
        return answer.model_validate_json(reply.text)
    except ValidationError as error:
        if (mended := without_lone_surrogates(reply.text)) is not None:
            return parse_answer(answer, reply.model_copy(update={"text": mended}))
        first = error.errors(include_url=False, include_input=False)[0]
        problems = error.error_count()
        more = f" ({problems} problems)" if problems > 1 else ""
        raise AnswerUnparseable(f"{what_is_wrong(first)}{more}", reply) from error


def without_lone_surrogates(text: str) -> str | None:
    r"""JSON whose only fault is an escape such as `\ud800`, with a replacement character; None where it has none."""
    if "\\ud" not in text and "\\uD" not in text:
        return None
    try:
        mended = json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    clean = storable(mended)
    return clean if clean != mended else None


def what_is_wrong(error: ErrorDetails) -> str:
    """One fault, by the place in the schema and what belongs there."""
    if error["type"] == "extra_forbidden":
        where = place(error["loc"][:-1])
        return f"{where}: holds a field that is not in the schema"
    return f"{place(error['loc'])}: {error['msg']}"


def place(steps: tuple[int | str, ...]) -> str:
    """A place in the answer, such as `messages.2.verdict`."""
    return ".".join(str(step) for step in steps) or "the answer"
