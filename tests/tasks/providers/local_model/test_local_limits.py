"""What has no answer in a batch, and why: limits, memory, what cannot be asked; the others have theirs all the same."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasks.providers.base import ModelReply
from tasks.providers.errors import AnswerTruncated, CallFailed, CallRejected
from tasks.providers.local_model.prompt import prompt_tokens
from tests.tasks.providers.local_model.asking import LENGTHS, answer, asked, loaded_from
from tests.tiny_model import save, save_model_that_says, tiny_model, tiny_tokenizer

if TYPE_CHECKING:
    from tasks.providers.local_model.load import LoadedModel

OPEN: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string", "minLength": 500}}, "required": ["a"]}


def test_an_answer_that_does_not_end_is_truncated_and_says_what_to_raise(random_model: "LoadedModel") -> None:
    (cut,) = answer(random_model, asked(answer_schema=OPEN, sampling={"max_output_tokens": 30}))
    assert isinstance(cut, AnswerTruncated)
    assert str(cut) == "cut off after 30 tokens: raise EVALFLOWS_MAX_OUTPUT_TOKENS"
    assert cut.reply is not None
    assert cut.reply.text.startswith('{"a": "')
    assert cut.reply.tokens_out == 30


def test_a_prompt_longer_than_the_context_is_rejected_with_the_numbers(tmp_path: Path) -> None:
    loaded = loaded_from(save_model_that_says(tmp_path / "says", ["1"], context=asked(answer_schema=OPEN)))
    cut, rejected = answer(loaded, asked(answer_schema=OPEN), asked(2, answer_schema=OPEN))
    assert isinstance(cut, AnswerTruncated)
    assert str(cut) == "cut off after 1 tokens: the model's context is full"
    assert isinstance(rejected, CallRejected)
    assert str(rejected) == f"the prompt has {loaded.context} tokens, the model's context is {loaded.context}"


def test_a_long_prompt_takes_no_room_from_the_others_of_its_batch(tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    tokenizer = tiny_tokenizer()
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=300,
        n_embd=32,
        n_layer=1,
        n_head=2,
        initializer_range=0.5,
        bos_token_id=None,
        eos_token_id=0,
    )
    loaded = loaded_from(save(tmp_path / "gpt2", GPT2LMHeadModel(config), tokenizer))
    requests = [asked(length, answer_schema=OPEN) for length in (1, 110, 60)]
    together = answer(loaded, *requests)
    assert [cut.reply.tokens_out for cut in together if isinstance(cut, AnswerTruncated) and cut.reply] == [
        300 - len(prompt_tokens(loaded.tokenizer, request)) for request in requests
    ]
    for request, cut in zip(requests, together, strict=True):
        (alone,) = answer(loaded, request)
        assert isinstance(alone, AnswerTruncated)
        assert isinstance(cut, AnswerTruncated)
        assert alone.reply == cut.reply


@pytest.mark.parametrize(
    ("schema", "why"),
    [({"if": {}}, "cannot be kept to the schema: Unimplemented keys"), ({"$ref": "#/$defs/none"}, "does not exist")],
)
def test_a_schema_that_cannot_be_forced_is_rejected(
    schema: dict[str, Any], why: str, random_model: "LoadedModel"
) -> None:
    rejected, answered = answer(random_model, asked(answer_schema=schema), asked())
    assert isinstance(rejected, CallRejected)
    assert why in str(rejected)
    assert isinstance(answered, ModelReply)


def test_a_text_that_is_no_unicode_is_rejected(random_model: "LoadedModel") -> None:
    rejected, answered = answer(random_model, asked(prompt="a\ud800"), asked())
    assert isinstance(rejected, CallRejected)
    assert isinstance(answered, ModelReply)


def test_a_token_that_the_model_does_not_know_is_rejected(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer()
    model = tiny_model(tokenizer)
    tokenizer.add_tokens(["unheard"])
    loaded = loaded_from(save(tmp_path / "small", model, tokenizer))
    answered, rejected = answer(loaded, asked(), asked(prompt="unheard of"))
    assert isinstance(answered, ModelReply)
    assert isinstance(rejected, CallRejected)
    assert (
        str(rejected) == f"the tokenizer writes token {len(tokenizer) - 1}, the model has no more than {loaded.tokens}"
    )


def test_scores_that_are_no_numbers_are_a_failed_call(tmp_path: Path) -> None:
    import torch

    tokenizer = tiny_tokenizer()
    model = tiny_model(tokenizer)
    with torch.no_grad():
        model.lm_head.weight.fill_(torch.nan)
    (failed,) = answer(loaded_from(save(tmp_path / "nan", model, tokenizer)), asked())
    assert isinstance(failed, CallFailed)
    assert "no finite score" in str(failed)


def test_a_row_that_nobody_waits_for_is_not_gone_on_with(random_model: "LoadedModel") -> None:
    from tasks.providers.local_model.answer import answer_requests

    dropped, answered = answer_requests(random_model, [(asked(), lambda: True), (asked(), lambda: False)])
    assert isinstance(dropped, AnswerTruncated)
    assert dropped.reply is not None
    assert dropped.reply.tokens_out == 0
    assert isinstance(answered, ModelReply)


@pytest.mark.parametrize(("room", "failed"), [(2, 0), (1, 0), (0, 3)])
def test_a_batch_too_large_for_the_memory_is_answered_in_halves(
    room: int, failed: int, random_model: "LoadedModel", monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    requests = [asked(length) for length in LENGTHS[:3]]
    expected = answer(random_model, *requests)
    generate = random_model.model.generate

    def generate_with_little_memory(**given: Any) -> Any:
        done = generate(**given)  # memory runs out late: rows have said something
        if len(given["input_ids"]) > room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return done

    monkeypatch.setattr(random_model.model, "generate", generate_with_little_memory)
    outcomes = answer(random_model, *requests)
    failures = [str(outcome) for outcome in outcomes if isinstance(outcome, CallFailed)]
    assert len(failures) == failed
    assert all(failure.startswith("out of memory on cpu with a prompt of ") for failure in failures)
    assert failures or outcomes == expected
