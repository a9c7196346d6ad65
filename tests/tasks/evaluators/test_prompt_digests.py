"""A prompt cannot change under an old version: the digest of everything an evaluator sends is kept by version."""

import hashlib
import json
from pathlib import Path
from typing import Any, cast

import pytest

from storage.records import Thread, ToolCall
from tasks.evaluators.base import Evaluator, EvaluatorOptions, Intent, PolicyRule
from tasks.evaluators.catalog import EVALUATORS, make_evaluators
from tasks.providers.base import Question
from tests.tasks.evaluators.recording_judge import RecordingJudge, answer_all, say, thread_of

DIGESTS = Path(__file__).parents[2] / "golden" / "prompt_digests.json"

SHORT = thread_of(
    say("system", "You help with parcels."),
    say("user", "Where is parcel 7?", recorded_intents=("track",), has_image=True),
    say("assistant", "", tool_calls=(ToolCall(id="c1", name="find", arguments={"parcel": 7}),)),
    say("tool", '{"place": "depot"}', tool_call_id="c1"),
    say("assistant", "At the depot.\nAnything else?"),
    say("user", "\u4f60\u597d, no\u202e"),
)
LONG = thread_of(*SHORT.messages * 3, say("assistant", "x" * 3_000))
CASES: list[tuple[Thread, dict[str, Any]]] = [
    (SHORT, {}),
    (SHORT, {"policy": (PolicyRule(id="P1", section="Tone", text="Be brief."),)}),
    (LONG, {"policy": (PolicyRule(id="P1", text="Be brief."),), "window_messages": 8, "window_characters": 4_000}),
]


def answer_half(question: Question[Any]) -> object:
    """Leave out every message asked for, so that each is asked for again."""
    answer = cast(dict[str, object], answer_all(question))
    return {**answer, "messages": []} if "messages" in answer else answer


async def digest_of(evaluator: type[Evaluator]) -> str:
    digest = hashlib.sha256()
    for thread, changes in CASES:
        options = EvaluatorOptions(
            intents=(Intent(name="track", description="Where is it?"),), query_types=("parcel",), **changes
        )
        judge = RecordingJudge(answer_half)
        await make_evaluators([evaluator.name], options)[evaluator.name].judge_by_model(thread, judge)
        assert judge.questions
        for question in sorted(judge.questions, key=lambda question: question.method):
            schema = json.dumps(question.answer.model_json_schema(), sort_keys=True)
            for part in (question.method, question.system, question.prompt, question.answer.__name__, schema):
                digest.update(part.encode() + b"\0")
    return digest.hexdigest()


@pytest.mark.parametrize("evaluator", EVALUATORS, ids=lambda evaluator: evaluator.name)
async def test_the_prompts_are_those_of_their_version(evaluator: type[Evaluator]) -> None:
    released = json.loads(DIGESTS.read_text())[evaluator.name]
    assert released.get(evaluator.version) == await digest_of(evaluator), (
        "what is sent to judges changed: raise VERSION of this evaluator and add the new digest beside the old ones"
    )


async def test_every_question_of_the_cases_is_asked_in_parts_and_again() -> None:
    methods: set[str] = set()
    for name in ("correctness", "efficiency", "intent"):
        judge = RecordingJudge(answer_half)
        thread, changes = CASES[2]
        options = EvaluatorOptions(intents=(Intent(name="track"),), **changes)
        await make_evaluators([name], options)[name].judge_by_model(thread, judge)
        methods.update(judge.methods)
    assert {"correctness/window-2/missing", "efficiency/window-2", "intent/window-2/missing"} <= methods
