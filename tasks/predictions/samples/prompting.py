"""Samples as a model is given them: its chat template applied, prompt and ground truth as tokens."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jinja2 import TemplateError

from tasks.predictions.prompts import Prompt
from tasks.predictions.samples.rendering import Rendered, render_conversation, render_plainly, render_text
from tasks.predictions.samples.sample import Sample

logger = logging.getLogger(__name__)

REFUSALS = (TemplateError, ValueError, TypeError, KeyError, AttributeError, IndexError)
"""What chat templates raise for turns they do not take."""

Tokenizer = Any
"""A tokenizer of transformers, whose own types are unknown in part."""


def make_prompts(
    samples: Sequence[Sample], tokenizer: Tokenizer, max_new_tokens: int, context: int | None
) -> tuple[Prompt, ...]:
    """Each sample as a prompt, in order; nothing is cut.

    A conversation goes through the chat template: the turns before the answer with the generation prompt at the end
    are the prompt, what the answer adds to it is the ground truth. Where the tokenizer has no template turns are
    written plainly, and that is logged. Plain text is taken as it is.

    Args:
        samples: Chosen ones.
        tokenizer: Of the model that is trained; nothing of it is changed.
        max_new_tokens: That the context must have room for besides the prompt.
        context: Most tokens of prompt and answer together; None for no bound. See `context_of`.
    """
    has_template = bool(getattr(tokenizer, "chat_template", None))
    conversations = sum(not sample.text for sample in samples)
    if conversations and not has_template:
        plainly = "prompts are written plainly, as 'User: ...' and 'Assistant:'"
        logger.warning("the tokenizer has no chat template: %d of %d %s", conversations, len(samples), plainly)
    return tuple(
        _prompt(index, sample, tokenizer, max_new_tokens, context, has_template) for index, sample in enumerate(samples)
    )


def context_of(config: Any) -> int | None:  # noqa: ANN401 a config of transformers
    """Most tokens of prompt and answer together, by a model's config; None where it has no bound."""
    text = config.get_text_config(decoder=True) if hasattr(config, "get_text_config") else config
    found = (getattr(text, name, None) for name in ("max_position_embeddings", "max_seq_len", "seq_length"))
    return next((int(bound) for bound in found if isinstance(bound, int) and bound > 0), None)


def _prompt(
    index: int, sample: Sample, tokenizer: Tokenizer, max_new_tokens: int, context: int | None, has_template: bool
) -> Prompt:
    asked = Prompt(index, sample.id, sample.text, (), sample.ground_truth, messages=sample.messages, tools=sample.tools)
    try:
        if sample.text:
            rendered = render_text(sample, tokenizer)
        elif has_template:
            rendered = render_conversation(sample, tokenizer)
        else:
            rendered = render_plainly(sample, tokenizer)
    except REFUSALS as error:
        return replace(asked, failure=f"the chat template refuses it: {' '.join(str(error).split())}")
    return _fitted(asked, rendered, max_new_tokens, context)


def _fitted(asked: Prompt, rendered: Rendered, max_new_tokens: int, context: int | None) -> Prompt:
    made = replace(asked, text=rendered.text, ground_truth=rendered.ground_truth)
    length, truth = len(rendered.tokens), rendered.truth_tokens
    if not length:
        return replace(made, failure="the prompt has no tokens")
    if context is not None and length + max_new_tokens > context:
        room = f"{max_new_tokens:,} for the prediction do not fit into the context of {context:,}"
        return replace(made, failure=f"too long: {length:,} tokens and {room}")
    if context is not None and length + len(truth) > context:
        logger.warning("sample %d: its ground truth does not fit into the context: it gets no loss", asked.index)
        truth = ()
    return replace(made, tokens=rendered.tokens, truth_tokens=truth)
