"""A request as token ids: through the model's chat template, or in a plain format where it has none."""

from typing import Any

import orjson
from jinja2 import TemplateError

from tasks.providers.base import ModelRequest
from tasks.providers.errors import CallRejected

ASKING_VERSION = 1
"""Goes up with every change of what is said here and of how an answer is decoded; part of the request's hash."""

ANSWER_FORMAT = "{system}\n\nAnswer with one JSON object that fits this schema:\n{schema}"
PLAIN = "{system}\n\n{turns}\n\nAssistant:"
PLAIN_TURN = "{role}: {text}"

Messages = list[dict[str, str]]
Tokenizer = Any
"""A fast tokenizer of transformers, whose own types are unknown in part."""


def prompt_tokens(tokenizer: Tokenizer, request: ModelRequest) -> list[int]:
    """The ids of a whole request, up to where the answer begins.

    What a text holds is text: a control token that is written out in it (`<|im_end|>`) ends no turn. A template that
    refuses a system message, or leaves it out, gets its text before the first user turn.

    Raises:
        CallRejected: The chat template refuses the turns.
    """
    schema = orjson.dumps(request.answer_schema).decode()
    system = ANSWER_FORMAT.format(system=request.system, schema=schema)
    turns = [{"role": turn.role, "content": turn.text} for turn in request.turns]
    if tokenizer.chat_template is None:
        return tokenizer(in_plain_format(system, turns), split_special_tokens=True)["input_ids"]
    try:
        messages = as_it_takes_them(tokenizer, system, turns)
        return through_template(tokenizer, messages, tokenize=True, sanitize_control_tokens=True)["input_ids"]
    except TemplateError as error:
        raise CallRejected(f"the model's chat template refuses the request: {error}") from error


def in_plain_format(system: str, turns: Messages) -> str:
    """`SYSTEM`, `User: TEXT` and `Assistant: TEXT` with empty lines between, and `Assistant:` at the end."""
    told = [PLAIN_TURN.format(role=turn["role"].capitalize(), text=turn["content"]) for turn in turns]
    return PLAIN.format(system=system, turns="\n\n".join(told))


def as_it_takes_them(tokenizer: Tokenizer, system: str, turns: Messages) -> Messages:
    """The messages with the system text where the model's template has a place for it."""
    messages = [{"role": "system", "content": system}, *turns]
    try:
        if system.strip() in through_template(tokenizer, messages, tokenize=False):
            return messages
    except TemplateError:
        pass  # it takes no system message
    return [{"role": "user", "content": f"{system}\n\n{turns[0]['content']}"}, *turns[1:]]


def through_template(tokenizer: Tokenizer, messages: Messages, **how: bool) -> Any:  # noqa: ANN401 text or tokens
    """What the model's own chat template makes, thinking switched off where it has a switch."""
    return tokenizer.apply_chat_template(messages, add_generation_prompt=True, enable_thinking=False, **how)
