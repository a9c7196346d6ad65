"""One sample as the text and the tokens that training sees, cut where the answer begins."""

import json
from dataclasses import dataclass
from typing import Any, cast

from tasks.predictions.samples.sample import Sample, Turn
from tasks.predictions.samples.turns import spoken

PLAIN_TURN = "{role}: {text}\n\n"
PLAIN_ANSWER = "Assistant:"

Tokenizer = Any
"""A tokenizer of transformers, whose own types are unknown in part."""


@dataclass(frozen=True)
class Rendered:
    """A prompt and its ground truth.

    Attributes:
        ground_truth: As the model would say it, special tokens left out; None where the data has none.
        truth_tokens: What training puts after the prompt, the end of the turn included; empty where there is none.
    """

    text: str
    tokens: tuple[int, ...]
    ground_truth: str | None
    truth_tokens: tuple[int, ...]


def render_text(sample: Sample, tokenizer: Tokenizer) -> Rendered:
    """Plain text, as trainers take it: no template, the tokens that begin a text, the end token after the answer."""
    prompt = _without_end(encode(tokenizer, sample.text, begins=True), tokenizer)
    truth = sample.ground_truth
    if truth is None:
        return Rendered(sample.text, prompt, None, ())
    whole = _without_end(encode(tokenizer, sample.text + truth, begins=True), tokenizer)
    tokens = after(prompt, whole) or encode(tokenizer, truth)
    return Rendered(sample.text, prompt, _without_end_text(truth, tokenizer), _ended(tokens, sample, tokenizer))


def render_plainly(sample: Sample, tokenizer: Tokenizer) -> Rendered:
    """A conversation for a tokenizer without a template: `User: ...` and `Assistant:`, blank lines between."""
    turns = "".join(
        PLAIN_TURN.format(role=str(turn["role"]).capitalize(), text=spoken(turn)) for turn in sample.messages
    )
    tools = f"Tools: {json.dumps(sample.tools, ensure_ascii=False)}\n\n" if sample.tools else ""
    truth = sample.ground_truth
    plain = Sample(ground_truth=truth and f" {truth}", text=f"{tools}{turns}{PLAIN_ANSWER}")
    rendered = render_text(plain, tokenizer)
    return Rendered(rendered.text, rendered.tokens, truth, rendered.truth_tokens)


def render_conversation(sample: Sample, tokenizer: Tokenizer) -> Rendered:
    """A conversation through the chat template.

    Raises:
        jinja2.TemplateError: The template refuses the turns; others come from templates that do not expect them.
    """
    text = through_template(tokenizer, sample, sample.messages, add_generation_prompt=True)
    prompt = encode(tokenizer, text)
    if sample.answer is None:
        return Rendered(text, prompt, sample.ground_truth, ())
    whole = through_template(tokenizer, sample, (*sample.messages, sample.answer), add_generation_prompt=False)
    if not _shows(whole.removeprefix(text), sample.answer):  # a template without a place for tool calls
        said: Turn = {"role": "assistant", "content": sample.ground_truth}
        whole = through_template(tokenizer, sample, (*sample.messages, said), add_generation_prompt=False)
    if not whole.startswith(text):  # as where a template shows the reasoning of the last turn only
        truth = sample.ground_truth or ""
        return Rendered(text, prompt, truth, _ended(encode(tokenizer, truth), sample, tokenizer))
    rest = whole[len(text) :]
    tokens = after(prompt, encode(tokenizer, whole)) or encode(tokenizer, rest)
    return Rendered(text, prompt, _without_special(rest, tokenizer), tokens)


def through_template(
    tokenizer: Tokenizer, sample: Sample, turns: tuple[Turn, ...], *, add_generation_prompt: bool
) -> str:
    """What the model's own chat template makes of turns and tools."""
    tools = list(sample.tools) or None
    return tokenizer.apply_chat_template(
        list(turns), tools=tools, tokenize=False, add_generation_prompt=add_generation_prompt
    )


def encode(tokenizer: Tokenizer, text: str, *, begins: bool = False) -> tuple[int, ...]:
    """A text as tokens; with `begins` after those that begin one, unless the text has them itself."""
    start = tokenizer.bos_token
    adds = begins and not (start and text.startswith(start))
    return tuple(tokenizer(text, add_special_tokens=adds)["input_ids"])


def after(prompt: tuple[int, ...], whole: tuple[int, ...]) -> tuple[int, ...]:
    """What follows the prompt; empty where it is no beginning of the whole, as tokens that join over the border."""
    return whole[len(prompt) :] if whole[: len(prompt)] == prompt else ()


def _shows(rest: str, answer: Turn) -> bool:
    calls = cast("list[dict[str, dict[str, object]]]", answer.get("tool_calls") or [])
    return all(str(call["function"]["name"]) in rest for call in calls)


def _ended(tokens: tuple[int, ...], sample: Sample, tokenizer: Tokenizer) -> tuple[int, ...]:
    end = tokenizer.eos_token_id
    if end is None or not sample.is_whole or tokens[-1:] == (end,):
        return tokens
    return (*tokens, end)


def _without_end(tokens: tuple[int, ...], tokenizer: Tokenizer) -> tuple[int, ...]:
    """Without the end token, which some tokenizers put after every text: nothing can follow it."""
    end = tokenizer.eos_token_id
    return tokens[:-1] if end is not None and tokens[-1:] == (end,) else tokens


def _without_end_text(truth: str, tokenizer: Tokenizer) -> str:
    return truth.removesuffix(tokenizer.eos_token or "")


def _without_special(text: str, tokenizer: Tokenizer) -> str:
    for token in tokenizer.all_special_tokens:
        text = text.replace(token, "")
    return text.strip()
