"""The recorded verdicts on the sample threads: whole, true to the messages, and replayed as they were given."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic import BaseModel

from tasks.evaluators.base import EvaluatorOptions
from tasks.evaluators.catalog import make_evaluators
from tasks.evaluators.correctness_answer import CorrectnessAnswer
from tasks.evaluators.efficiency_answer import EfficiencyAnswer
from tasks.evaluators.evidence import locate
from tasks.evaluators.intent_answer import IntentAnswer
from tasks.evaluators.options.taxonomy import read_taxonomy
from tasks.providers.base import AnswerT, ModelRequest, Question, Sampling, Turn
from tasks.providers.scripted import ScriptedProvider
from tests.tasks.sources.sample_threads import FILES, METHODS, SAMPLES, all_threads, careful, load, recorded_answers

ANSWERS: dict[str, type[BaseModel]] = {
    "intent": IntentAnswer,
    "correctness": CorrectnessAnswer,
    "efficiency": EfficiencyAnswer,
}
JUDGED_ROLE = {"intent": "user", "correctness": "assistant"}
SCRIPT = ScriptedProvider(str(SAMPLES / "verdicts.jsonl"))


async def ask_script(question: Question[AnswerT]) -> AnswerT:
    """Ask the recorded answers."""
    request = ModelRequest(
        provider=SCRIPT.name,
        base_url=SCRIPT.base_url,
        model=SCRIPT.model,
        system=question.system,
        turns=(Turn(role="user", text=question.prompt),),
        sampling=Sampling(max_output_tokens=1000),
        schema_name=question.answer.__name__,
        answer_schema={},
    )
    reply = await SCRIPT.complete(request, question.item, question.method)
    return question.answer.model_validate_json(reply.text)


def test_the_recorded_answers_fit_their_schema_and_every_thread_has_one_of_each() -> None:
    assert set(recorded_answers()) == {(id_, method) for id_ in all_threads() for method in ANSWERS}
    for (_, method), answer in recorded_answers().items():
        ANSWERS[method].model_validate(answer)


def test_the_recorded_answers_judge_every_message_once_and_quote_what_is_there() -> None:
    for (id_, method), answer in recorded_answers().items():
        thread = all_threads()[id_]
        entries = answer["friction"] if method == "efficiency" else answer["messages"]
        if role := JUDGED_ROLE.get(method):
            judged = [index for index, message in enumerate(thread.messages) if message.role == role]
            assert [entry["index"] for entry in entries] == judged, id_
        quotes = [quote for part in (*entries, answer) for quote in part.get("evidence", [])]
        assert all(locate(thread, quote["index"], quote["quote"]).found for quote in quotes), id_
        assert all(quote["quote"] in thread.messages[int(quote["index"])].text for quote in quotes), id_


def test_the_recorded_answers_say_what_the_careful_verdicts_say() -> None:
    for id_, thread in all_threads().items():
        verdict = careful(id_)
        correctness = recorded_answers()[id_, "correctness"]["messages"]
        efficiency = recorded_answers()[id_, "efficiency"]
        entries = recorded_answers()[id_, "intent"]["messages"]
        intents: dict[int, tuple[str, ...]] = {entry["index"]: tuple(entry["intents"]) for entry in entries}
        assert {entry["index"]: entry["verdict"] for entry in correctness} == verdict["correctness"]
        assert efficiency["verdict"] == verdict["efficiency"]
        assert efficiency["task_completed"] is verdict["task_completed"]
        assert efficiency["recovery"] == verdict["recovery"]
        assert [(turn["index"], turn["cause"]) for turn in efficiency["friction"]] == [
            (turn["index"], turn["cause"]) for turn in verdict["friction"]
        ]
        recorded = {index: thread.messages[index].recorded_intents for index in intents}
        assert [index for index in intents if intents[index] != recorded[index]] == verdict["wrong_intents"]


def test_no_reasoning_is_boilerplate() -> None:
    entries = [
        entry
        for answer in recorded_answers().values()
        for entry in (answer, *answer.get("messages", []), *answer.get("friction", []))
        if "reasoning" in entry
    ]
    times = Counter(entry["reasoning"] for entry in entries)
    assert len(times) > 0.9 * len(entries)
    assert min(len(reasoning) for reasoning in times) > 10


@pytest.mark.parametrize("file", FILES)
async def test_the_scripted_judge_gives_every_thread_its_careful_verdict(file: str) -> None:
    taxonomy = read_taxonomy(SAMPLES / f"{Path(file).stem}_intents.yaml")
    evaluators = make_evaluators(METHODS, EvaluatorOptions(intents=taxonomy))
    for id_, thread in load(file).items():
        outcomes = [await evaluators[name].judge_by_model(thread, ask_script) for name in METHODS]
        intent, correctness, efficiency = outcomes
        asked = sum(message.role == "user" for message in thread.messages)
        assert intent.score == pytest.approx(1 - len(careful(id_)["wrong_intents"]) / asked)
        assert (correctness.verdict, efficiency.verdict) == (careful(id_)["worst"], careful(id_)["efficiency"])
        assert correctness.result["invented_evidence"] == efficiency.result["invented_evidence"] == 0
        assert correctness.result["ignored"] == efficiency.result["ignored"] == []
