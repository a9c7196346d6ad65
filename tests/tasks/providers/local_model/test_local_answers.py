"""What comes out of a batch: answers that fit, the same in whatever company, each with its own sampling."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasks.providers.base import ModelReply
from tasks.providers.errors import AnswerTruncated
from tasks.providers.local_model.prompt import prompt_tokens
from tests.tasks.providers.local_model.asking import LENGTHS, Judged, answer, asked, loaded_from, texts
from tests.tiny_model import SCORE_BETWEEN_WORDS, save_model_that_says

if TYPE_CHECKING:
    from tasks.providers.local_model.load import LoadedModel


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
            asked(sampling={"temperature": 1.0, "seed": 2}),
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
