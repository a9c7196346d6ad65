"""From requests to replies: what happens to a batch in the model's thread."""

from collections.abc import Callable, Sequence

from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import CallRejected, ModelError
from tasks.providers.local_model.constrain import grammar_of
from tasks.providers.local_model.generate import answer_rows
from tasks.providers.local_model.load import LoadedModel
from tasks.providers.local_model.prompt import prompt_tokens
from tasks.providers.local_model.row import Row

IsAbandoned = Callable[[], bool]
"""Whether nobody waits for an answer any more."""


def answer_requests(
    loaded: LoadedModel, batch: Sequence[tuple[ModelRequest, IsAbandoned]]
) -> list[ModelReply | ModelError]:
    """A reply or an error for each request, in order."""
    rows: list[Row | ModelError] = []
    for request, is_abandoned in batch:
        try:
            rows.append(row_of(loaded, request, is_abandoned))
        except ModelError as error:
            rows.append(error)
    answer_rows(loaded, [row for row in rows if isinstance(row, Row)])
    return [row.outcome() if isinstance(row, Row) else row for row in rows]


def row_of(loaded: LoadedModel, request: ModelRequest, is_abandoned: IsAbandoned) -> Row:
    """What the model is to be given for a request.

    Raises:
        CallRejected: The schema, the turns or the length are more than the model can take.
    """
    grammar = grammar_of(loaded.vocabulary, request.answer_schema)
    try:
        prompt = prompt_tokens(loaded.tokenizer, request)
    except (ValueError, TypeError) as error:  # what the tokenizer raises for text that it cannot write as tokens
        raise CallRejected(f"the request cannot be written as the model's tokens: {error}") from error
    if max(prompt) >= loaded.tokens:
        raise CallRejected(f"the tokenizer writes token {max(prompt)}, the model has no more than {loaded.tokens}")
    most = request.sampling.max_output_tokens
    if loaded.context is not None:
        if len(prompt) >= loaded.context:
            raise CallRejected(f"the prompt has {len(prompt)} tokens, the model's context is {loaded.context}")
        most = min(most, loaded.context - len(prompt))
    return Row(prompt, loaded.vocabulary, grammar, request.sampling, most, is_abandoned)
