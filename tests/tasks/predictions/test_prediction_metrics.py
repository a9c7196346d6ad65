"""What one prediction is measured by, against known values and the libraries that count the same."""

import random
import sys
from typing import Any, cast

import pytest

from tasks.predictions import metrics
from tasks.predictions.scoring.overlap import rouge_l
from tasks.predictions.scoring.words import words_of

REFUSALS = (
    "I'm sorry, but I can\u2019t assist with that.",
    "As an AI language model, I cannot browse the internet.",
    "Es tut mir leid, aber ich kann dir dabei nicht helfen.",
    "D\u00e9sol\u00e9, je ne peux pas vous aider avec cela.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Mi dispiace, ma non posso aiutarti.",
    "Desculpe, mas n\u00e3o posso ajudar com isso.",
    "Sorry, daar kan ik niet mee helpen. Ik kan je daar niet mee helpen.",
    "\u0418\u0437\u0432\u0438\u043d\u0438\u0442\u0435, \u044f \u043d\u0435 \u043c\u043e\u0433\u0443 "
    "\u043f\u043e\u043c\u043e\u0447\u044c.",
    "\u62b1\u6b49\uff0c\u6211\u65e0\u6cd5\u63d0\u4f9b\u8fd9\u4e2a\u3002",
    "\u7533\u3057\u8a33\u3042\u308a\u307e\u305b\u3093\u304c\u3001\u304a\u7b54\u3048\u3067\u304d\u307e\u305b\u3093\u3002",
    "\uc8c4\uc1a1\ud558\uc9c0\ub9cc \ub3c4\uc640\ub4dc\ub9b4 \uc218 \uc5c6\uc2b5\ub2c8\ub2e4.",
)
ANSWERS = (
    "I'm sorry, but I can't find an order of this number.",
    "You cannot return it after 30 days, but I can help with an exchange.",
    "Leider ist der Artikel nicht lieferbar. Ich kann Ihnen gern helfen.",
    "A refund is not provided for opened software.",
    "No puedo creer lo bien que funciona.",
    "",
)


@pytest.mark.parametrize(
    ("said", "truth", "expected"),
    [
        ("Paris", " Paris\n", {"exact_match": 1, "chrf": 100, "rouge_l": 1, "length": 5, "repetition": None}),
        ("paris", "Paris", {"exact_match": 0, "rouge_l": 1}),
        ("Cafe\u0301", "Caf\u00e9", {"exact_match": 1, "chrf": 100, "rouge_l": 1, "length": 4}),
        ("", "Paris", {"exact_match": 0, "chrf": 0, "rouge_l": 0, "length": 0, "refusal": 0}),
        ("a b c d", None, {"exact_match": None, "chrf": None, "rouge_l": None, "length": 7, "repetition": 0}),
        ("x", "", {"exact_match": 0, "chrf": None, "rouge_l": None}),
        ("...", "?!", {"exact_match": 0, "chrf": 0, "rouge_l": None}),
        ("the cat sat on the mat", "the dog sat on a mat", {"rouge_l": 2 * 4 / 12}),
        ("da da da da da da", None, {"repetition": 1 - 1 / 3}),
    ],
)
def test_a_prediction_has_the_metrics_that_apply(said: str, truth: str | None, expected: dict[str, float]) -> None:
    found = metrics.score(said, truth)
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_words_are_found_in_every_script() -> None:
    assert words_of("Don't stop, \u041c\u041e\u0421\u041a\u0412\u0410_2!") == [
        "don",
        "t",
        "stop",
        "\u043c\u043e\u0441\u043a\u0432\u0430",
        "2",
    ]
    assert words_of("\u6771\u4eac 2024\u5e74") == ["\u6771", "\u4eac", "2024", "\u5e74"]
    assert words_of("\u0939\u093f\u0928\u094d\u0926\u0940 \u0920\u0940\u0915") == [
        "\u0939\u093f\u0928\u094d\u0926\u0940",
        "\u0920\u0940\u0915",
    ]


class Spaces:
    """A tokenizer as rouge_score takes one."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def test_rouge_l_is_the_library_s() -> None:
    from rouge_score.rouge_scorer import RougeScorer  # pyright: ignore[reportMissingTypeStubs]

    theirs, draw = cast(Any, RougeScorer)(["rougeL"], tokenizer=Spaces()), random.Random(0)
    for _ in range(40):
        said, truth = (["abcde"[draw.randrange(5)] for _ in range(draw.randint(1, 90))] for _ in range(2))
        known = theirs.score(" ".join(truth), " ".join(said))["rougeL"].fmeasure
        assert rouge_l(said, truth) == pytest.approx(known)


def test_chrf_is_not_measured_and_said_once_without_sacrebleu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    metrics._sentence_chrf.cache_clear()  # pyright: ignore[reportPrivateUsage]
    assert [metrics.score("a b", "a b")["chrf"] for _ in range(2)] == [None, None]
    metrics._sentence_chrf.cache_clear()  # pyright: ignore[reportPrivateUsage]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("said", REFUSALS)
def test_a_refusal_is_seen_in_many_languages(said: str) -> None:
    assert metrics.score(said, None)["refusal"] == 1


@pytest.mark.parametrize("said", ANSWERS)
def test_an_answer_is_no_refusal(said: str) -> None:
    assert metrics.score(said, None)["refusal"] == 0
