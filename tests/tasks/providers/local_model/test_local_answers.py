"""What comes out of a batch: answers that fit, the same in whatever company, and errors that say why."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import AnswerTruncated, CallFailed, CallRejected, ModelError
from tasks.providers.local_model.folders import find_folders
from tasks.providers.local_model.prompt import prompt_tokens
from tests.tasks.providers.questions import request_for
from tests.tiny_model import SCORE_BETWEEN_WORDS, save, save_model_that_says, tiny_model, tiny_tokenizer

if TYPE_CHECKING:
    from tasks.providers.local_model.load import LoadedModel

LENGTHS = (1, 40, 7, 80, 3, 19)
OPEN: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string", "minLength": 500}}, "required": ["a"]}


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


@pytest.mark.parametrize("temperature", [None, 0.0, 0.7, 2.0])
def test_a_model_that_knows_nothing_answers_what_fits_the_schema(
    temperature: float | None, random_model: "LoadedModel"
) -> None:
    sampling = {"temperature": temperature, "seed": 3}
    requests = [asked(length, sampling=sampling) for length in LENGTHS]
    answers = texts(answer(random_model, *requests))
    for text in answers:
        Judged.model_validate_json(text)
    assert len(set(answers)) > 1


@pytest.mark.parametrize("sampling", [{"temperature": 0.0}, {"temperature": 1.0, "seed": 5}])
def test_an_answer_does_not_depend_on_its_batch(sampling: dict[str, Any], random_model: "LoadedModel") -> None:
    requests = [asked(length, sampling=sampling) for length in LENGTHS]
    together = answer(random_model, *requests)
    assert [answer(random_model, request) for request in requests] == [[outcome] for outcome in together]
    assert answer(random_model, *reversed(requests)) == together[::-1]


def test_requests_of_a_batch_keep_their_own_schema_sampling_and_limit(random_model: "LoadedModel") -> None:
    number = {"type": "object", "properties": {"n": {"enum": [7]}}, "required": ["n"], "additionalProperties": False}
    short, greedy, warm, cut = answer(
        random_model,
        asked(answer_schema=number),
        asked(),
        asked(sampling={"temperature": 1.5, "seed": 1}),
        asked(sampling={"max_output_tokens": 5}),
    )
    assert isinstance(short, ModelReply)
    assert short.text == '{"n": 7}'
    first, second = (Judged.model_validate_json(text) for text in texts([greedy, warm]))
    assert first != second
    assert isinstance(cut, AnswerTruncated)
    assert cut.reply is not None
    assert cut.reply.tokens_out == 5


def test_a_seed_can_be_had_again_and_a_repeat_is_another_draw(random_model: "LoadedModel") -> None:
    import torch

    state = torch.get_rng_state()
    first, again, other, repeat = texts(
        answer(
            random_model,
            asked(sampling={"temperature": 1.0, "seed": 1}),
            asked(sampling={"temperature": 1.0, "seed": 1}),
            asked(sampling={"temperature": 1.0, "seed": 10}),
            asked(sampling={"temperature": 1.0, "seed": 1}, repeat=1),
        )
    )
    assert first == again
    assert len({first, other, repeat}) == 3
    assert torch.equal(torch.get_rng_state(), state)


def test_without_a_seed_draws_differ(random_model: "LoadedModel") -> None:
    assert len(set(texts(answer(random_model, *[asked(sampling={"temperature": 2.0})] * 4)))) > 1


def test_tokens_are_drawn_as_often_as_the_model_says(tmp_path: Path) -> None:
    loaded = loaded_from(save_model_that_says(tmp_path / "says", ["1", "2"]))
    draws = [asked(answer_schema={"enum": [1, 2]}, sampling={"temperature": 1.0, "seed": n}) for n in range(400)]
    ones = texts(answer(loaded, *draws)).count("1")
    expected = 1 / (1 + math.exp(-SCORE_BETWEEN_WORDS))
    assert abs(ones / 400 - expected) < 0.06  # more than two and a half standard deviations; the seeds are fixed


def test_tokens_are_counted_as_the_model_sees_them(random_model: "LoadedModel") -> None:
    requests = [asked(length) for length in LENGTHS]
    for request, reply in zip(requests, answer(random_model, *requests), strict=True):
        assert isinstance(reply, ModelReply)
        assert reply.tokens_in == len(prompt_tokens(random_model.tokenizer, request))
        assert 0 < reply.tokens_out < 400
    counts = {reply.tokens_out for reply in answer(random_model, *requests) if isinstance(reply, ModelReply)}
    assert len(counts) > 1


def test_an_answer_that_may_go_on_ends_with_the_models_own_token(tmp_path: Path) -> None:
    loaded = loaded_from(save_model_that_says(tmp_path / "says", ["<|end|>", "7"]))
    (reply,) = answer(loaded, asked(answer_schema={"type": "integer"}))
    assert isinstance(reply, ModelReply)
    assert (reply.text, reply.tokens_out) == ("7", 2)


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
