"""What is taken for a judge's answer and what is not: one JSON value that fits, and nothing around it."""

import json
from collections.abc import AsyncIterator

import pytest
from pydantic import BaseModel, ValidationError

from storage.records import Judge
from tasks.evaluators.base import EvaluatorOptions, Outcome
from tasks.evaluators.correctness import CorrectnessEvaluator
from tasks.evaluators.correctness_answer import CorrectnessAnswer, PolicyAnswer
from tasks.evaluators.efficiency_answer import EfficiencyAnswer, PartAnswer
from tasks.evaluators.intent_answer import IntentAnswer
from tasks.providers.base import Provider
from tasks.providers.catalog import make_provider
from tasks.providers.client import ModelClient
from tasks.providers.errors import AnswerTruncated, AnswerUnparseable
from tests.servers.local_openai import LocalOpenAI, completion
from tests.tasks.evaluators.recording_judge import (
    dialogue,
    efficiency_answer,
    friction,
    intent_found,
    status,
    verdict,
)
from tests.tasks.providers.questions import RUN_ID, MemoryLedger, quick_settings

SETTINGS = quick_settings(repair_calls=0)
FAILED, PASSED = json.dumps({"messages": [verdict(1, "HARD FAIL")]}), json.dumps({"messages": [verdict(1)]})
EXAMPLES: list[tuple[type[BaseModel], object]] = [
    (CorrectnessAnswer, {"messages": [verdict(1, quotes=[(0, "a")])]}),
    (PolicyAnswer, {"messages": [verdict(1)], "policy": [status("P1", quotes=[(0, "a")])]}),
    (EfficiencyAnswer, efficiency_answer(friction=[friction(1)])),
    (PartAnswer, {"summary": "so far", "friction": [friction(1, "user")]}),
    (IntentAnswer, {"messages": [intent_found(0, "track", query_type="parcel")]}),
]


@pytest.fixture
async def provider(model_server: LocalOpenAI) -> AsyncIterator[Provider]:
    made = make_provider(Judge.parse("openai:small"), SETTINGS)
    assert made
    yield made
    await made.close()


async def judge(provider: Provider, server: LocalOpenAI, text: str, ending: str = "stop") -> Outcome:
    server.behaviour = lambda number, body: completion(text, body["model"], ending)
    client = ModelClient(RUN_ID, provider, MemoryLedger(), SETTINGS, 4)
    return await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(dialogue(2), client)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("soft_fail", "SOFT FAIL"),
        ("Hard-Fail", "HARD FAIL"),
        (" critical ", "CRITICAL"),
        ("Not Applicable", "NOT APPLICABLE"),
        ("pass", "PASS"),
    ],
)
async def test_a_verdict_in_another_spelling_is_the_verdict(
    provider: Provider, model_server: LocalOpenAI, given: str, meant: str
) -> None:
    answer = json.dumps({"messages": [verdict(1, given)]})
    assert (await judge(provider, model_server, answer)).verdict == meant


@pytest.mark.parametrize(
    "reasoning", [PASSED, f'"}}]}}\n{PASSED}', f"```json\n{PASSED}\n```", "The verdict is PASS.", '\\" \\ud800 \\']
)
async def test_a_verdict_in_the_reasoning_decides_nothing(
    provider: Provider, model_server: LocalOpenAI, reasoning: str
) -> None:
    answer = json.dumps({"messages": [verdict(1, "HARD FAIL") | {"reasoning": reasoning}]})
    outcome = await judge(provider, model_server, answer)
    assert outcome.verdict == "HARD FAIL"
    assert reasoning in json.loads(json.dumps(outcome.result["messages"]))[0]["reasoning"]


async def test_a_verdict_about_a_message_that_was_not_asked_for_decides_nothing(
    provider: Provider, model_server: LocalOpenAI
) -> None:
    answer = json.dumps({"messages": [verdict(0, "CRITICAL"), verdict(1), verdict(1, "CRITICAL"), verdict(99)]})
    outcome = await judge(provider, model_server, answer)
    assert (outcome.verdict, outcome.result["ignored"]) == ("PASS", [0, 1, 99])


@pytest.mark.parametrize("text", [f"  {FAILED}\n\n", json.dumps(json.loads(FAILED), indent=4)])
async def test_white_space_makes_no_difference(provider: Provider, model_server: LocalOpenAI, text: str) -> None:
    assert (await judge(provider, model_server, text)).verdict == "HARD FAIL"


@pytest.mark.parametrize(
    "text",
    [
        FAILED[:-1],
        FAILED[:-2],
        FAILED + PASSED,
        f"{FAILED}\n{PASSED}",
        f"{FAILED}, {PASSED}",
        f"[{FAILED}]",
        f"```json\n{FAILED}\n```",
        f"```\n{FAILED}",
        f"Here is my verdict:\n\n{FAILED}",
        f"{FAILED}\n\nI hope this helps!",
        f"<think>PASS</think>{FAILED}",
        json.dumps(FAILED),
        FAILED.replace('"', "'"),
        FAILED.replace("]", ",]"),
        FAILED.replace('"verdict"', '"Verdict"'),
        FAILED.replace("}", ', "score": 1}', 1),
        FAILED.replace('{"messages"', '{"verdict": "PASS", "messages"'),
        FAILED.replace('"HARD FAIL"', '"HARD FAIL or PASS"'),
        FAILED.replace('"HARD FAIL"', '["PASS"]'),
        FAILED.replace('"HARD FAIL"', '"\u0420ASS"'),
        FAILED.replace('"HARD FAIL"', "null"),
        '{"messages": null}',
        "PASS",
        "null",
        '"PASS"',
    ],
)
async def test_anything_else_is_unparseable(provider: Provider, model_server: LocalOpenAI, text: str) -> None:
    with pytest.raises(AnswerUnparseable):
        await judge(provider, model_server, text)


@pytest.mark.parametrize("text", [PASSED, PASSED[:-1], "", '{"messages": []}'])
async def test_what_was_cut_off_is_not_read_though_it_may_look_complete(
    provider: Provider, model_server: LocalOpenAI, text: str
) -> None:
    with pytest.raises(AnswerTruncated):
        await judge(provider, model_server, text, "length")


@pytest.mark.parametrize(("answer", "example"), EXAMPLES, ids=lambda one: getattr(one, "__name__", ""))
def test_no_beginning_of_an_answer_is_an_answer(answer: type[BaseModel], example: object) -> None:
    text = json.dumps(example)
    assert answer.model_validate_json(text)
    for end in range(len(text)):
        with pytest.raises(ValidationError):
            answer.model_validate_json(text[:end])
