"""Prompt and ground truth are taken apart where the chat template puts the answer."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import logging
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.predictions.prompts import Prompt
from tasks.predictions.samples import Sample, context_of, make_prompts
from tasks.predictions.samples.sample import Turn
from tests.tiny_model import TEMPLATE, tiny_tokenizer

USER: Turn = {"role": "user", "content": "Hi?"}
SAID: Turn = {"role": "assistant", "content": "Yes."}
ASKED = Sample((USER,), "Yes.", SAID)
CALLING: Turn = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}],
}
CALLED = Sample((USER,), '{"name": "add", "arguments": {"a": 1}}', CALLING)
WITH_CALLS = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{% for call in message.tool_calls or [] %}"
    "<call>{{ call.function | tojson }}</call>{% endfor %}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
THINKING = TEMPLATE.replace("<|assistant|>", "<|assistant|><think>")


def prompt_of(sample: Sample, tokenizer: Any, context: int | None = None) -> Prompt:
    (prompt,) = make_prompts([sample], tokenizer, 16, context)
    return prompt


def test_the_answer_is_what_it_adds_to_the_conversation_as_training_sees_it() -> None:
    tokenizer = tiny_tokenizer()
    prompt = prompt_of(ASKED, tokenizer)
    assert prompt.text == "<|user|>Hi?<|end|><|assistant|>"
    assert prompt.ground_truth == "Yes."
    assert tokenizer.decode(prompt.truth_tokens) == "Yes.<|end|>"
    whole = tokenizer.apply_chat_template([USER, SAID], tokenize=False)
    assert [*prompt.tokens, *prompt.truth_tokens] == tokenizer(whole, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(
    ("template", "sample", "truth", "tokens"),
    [
        (WITH_CALLS, CALLED, '<call>{"name": "add", "arguments": {"a": 1}}</call>', "{truth}<|end|>\n"),
        (TEMPLATE, CALLED, '{"name": "add", "arguments": {"a": 1}}', "{truth}<|end|>"),  # it has no place for calls
        (THINKING, ASKED, "Yes.", "{truth}<|end|>"),  # the prompt is no beginning of the conversation
        (TEMPLATE, Sample((USER,)), None, ""),
        (None, ASKED, "Yes.", " {truth}<|end|>"),
        (TEMPLATE, Sample((), "Yes.", text="Hi?"), "Yes.", "{truth}<|end|>"),
        (TEMPLATE, Sample((), "Yes.<|end|>", text="Hi?"), "Yes.", "{truth}<|end|>"),
        (TEMPLATE, Sample((), " Yes", text="Hi?", is_whole=False), " Yes", "{truth}"),
    ],
    ids=["calls", "no calls", "thinking", "no truth", "no template", "text", "text with its end", "part of a text"],
)
def test_the_ground_truth_is_what_the_model_would_say(
    template: str | None, sample: Sample, truth: str | None, tokens: str
) -> None:
    tokenizer = tiny_tokenizer(template=template)
    prompt = prompt_of(sample, tokenizer)
    assert prompt.ground_truth == truth
    assert tokenizer.decode(prompt.truth_tokens) == tokens.format(truth=truth)


def test_without_a_template_turns_are_written_plainly_and_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    system: dict[str, object] = {"role": "system", "content": "Be kind."}
    with caplog.at_level(logging.WARNING):
        prompt = prompt_of(replace(ASKED, messages=(system, USER)), tiny_tokenizer(template=None))
    assert prompt.text == "System: Be kind.\n\nUser: Hi?\n\nAssistant:"
    assert "the tokenizer has no chat template: 1 of 1 prompts are written plainly" in caplog.text


@pytest.mark.parametrize(
    ("template", "sample"),
    [
        ("{{ bos_token }}" + TEMPLATE, ASKED),
        (TEMPLATE, Sample((), "Yes.", text="Hi?")),
        (TEMPLATE, Sample((), "Yes.", text="<|system|>Hi?")),
    ],
    ids=["from the template", "from the tokenizer", "in the text"],
)
def test_what_begins_a_text_stands_there_once(template: str, sample: Sample) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = tiny_tokenizer(template=template)
    tokenizer.add_special_tokens({"bos_token": "<|system|>"})
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    around = TemplateProcessing("<|system|> $A <|end|>", special_tokens=[("<|system|>", begin), ("<|end|>", end)])
    tokenizer.backend_tokenizer.post_processor = around
    prompt = prompt_of(sample, tokenizer)
    assert [token for token in prompt.tokens if token == begin] == [begin]
    assert prompt.tokens[0] == begin
    assert prompt.truth_tokens.count(end) == 1
    assert sample.messages or end not in prompt.tokens


def test_a_prompt_that_is_too_long_is_named_and_not_cut() -> None:
    tokenizer = tiny_tokenizer()
    length = len(prompt_of(ASKED, tokenizer).tokens)
    assert prompt_of(ASKED, tokenizer, length + 16).failure is None
    long = prompt_of(ASKED, tokenizer, length + 15)
    assert long.failure == (
        f"too long: {length} tokens and 16 for the prediction do not fit into the context of {length + 15}"
    )
    assert (long.tokens, long.truth_tokens, long.text) == ((), (), "<|user|>Hi?<|end|><|assistant|>")


def test_a_truth_beyond_the_context_has_no_loss() -> None:
    tokenizer = tiny_tokenizer()
    said = "Yes. " * 20
    prompt = prompt_of(Sample((USER,), said, {"role": "assistant", "content": said}), tokenizer, 40)
    assert (prompt.failure, prompt.truth_tokens, prompt.ground_truth) == (None, (), said.strip())


def test_what_the_template_refuses_is_named_and_leaves_the_others() -> None:
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system text') }}{% endif %}" + TEMPLATE
    told = Sample(({"role": "system", "content": "Be kind."}, USER), "Yes.", SAID)
    refused, asked = make_prompts([told, ASKED], tiny_tokenizer(template=refusing), 16, None)
    assert refused.failure == "the chat template refuses it: no system text"
    assert (asked.index, asked.failure) == (1, None)


def test_the_context_is_what_the_model_s_config_bounds() -> None:
    assert context_of(SimpleNamespace(max_position_embeddings=128)) == 128
    assert context_of(SimpleNamespace()) is None
