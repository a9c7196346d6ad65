"""Answers: schemas that strict structured output takes, words in any spelling, text that Postgres takes."""

from typing import Any, cast

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from tasks.evaluators.asking.verdicts import CauseWord, CorrectnessWord, EfficiencyWord, PolicyWord, Quote, RecoveryWord
from tasks.evaluators.correctness_answer import CorrectnessAnswer, PolicyAnswer
from tasks.evaluators.efficiency_answer import EfficiencyAnswer, PartAnswer
from tasks.evaluators.intent_answer import IntentAnswer

ANSWERS = [CorrectnessAnswer, PolicyAnswer, EfficiencyAnswer, PartAnswer, IntentAnswer]


def objects(schema: Any) -> list[dict[str, Any]]:
    parts: list[Any] = []
    own: list[dict[str, Any]] = []
    if isinstance(schema, dict):
        node = cast(dict[str, Any], schema)
        own = [node] if node.get("type") == "object" else []
        parts = list(node.values())
    elif isinstance(schema, list):
        parts = cast(list[Any], schema)
    return own + [found for part in parts for found in objects(part)]


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_field_is_required_and_no_other_is_allowed(answer: type[BaseModel]) -> None:
    found = objects(answer.model_json_schema())
    assert len(found) > 1
    for one in found:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])
        assert not [name for name, field in one["properties"].items() if "default" in field]


def test_the_schema_names_the_exact_words() -> None:
    fields = PolicyAnswer.model_json_schema()["$defs"]
    words = ["PASS", "SOFT FAIL", "HARD FAIL", "CRITICAL", "NOT APPLICABLE"]
    assert fields["MessageVerdict"]["properties"]["verdict"]["enum"] == words
    assert fields["RuleAnswer"]["properties"]["status"]["enum"] == ["FOLLOWED", "VIOLATED", "NOT_APPLICABLE"]


@pytest.mark.parametrize(
    ("word", "given", "meant"),
    [
        (CorrectnessWord, "hard_fail", "HARD FAIL"),
        (CorrectnessWord, " Soft - Fail ", "SOFT FAIL"),
        (CorrectnessWord, "not\u2011applicable", "NOT APPLICABLE"),
        (CorrectnessWord, "NOT__APPLICABLE", "NOT APPLICABLE"),
        (EfficiencyWord, "Incomplete", "INCOMPLETE"),
        (RecoveryWord, "Not_Needed", "NOT NEEDED"),
        (PolicyWord, "not applicable", "NOT_APPLICABLE"),
        (CauseWord, "BOT", "bot"),
    ],
)
def test_a_word_is_understood_in_any_spelling(word: Any, given: str, meant: str) -> None:
    assert TypeAdapter[str](word).validate_python(given) == meant


@pytest.mark.parametrize("given", ["PASSED", "FAIL", "", "PASS.", "HARDFAIL", 1, None, ["PASS"], True])
def test_what_is_no_verdict_is_not_taken_for_one(given: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[str](CorrectnessWord).validate_python(given)


def test_a_nul_in_an_answer_does_not_reach_postgres() -> None:
    assert Quote.model_validate_json('{"index": 1, "quote": "a\\u0000b"}').quote == "ab"


@pytest.mark.parametrize("text", ['{"messages": []', '{"messages": [], "extra": 1}', "{}", "[]", '{"messages": null}'])
def test_an_answer_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        CorrectnessAnswer.model_validate_json(text)
