"""Correctness: one question per window, what is left out asked once more, the worst verdict, evidence checked."""

from typing import Any

import pytest

from tasks.evaluators.base import EvaluatorOptions, PolicyRule
from tasks.evaluators.correctness import CorrectnessEvaluator
from tasks.providers.base import Question
from tests.tasks.evaluators.recording_judge import (
    RecordingJudge,
    Reply,
    asked_indexes,
    asked_rules,
    dialogue,
    entries,
    outside,
    say,
    sections,
    status,
    thread_of,
    verdict,
)

RULES = (
    PolicyRule(id="greet", section="Tone", text="Greet the user."),
    PolicyRule(id="price", section="Sales", text="Never promise a price."),
)


def answering(*verdicts: dict[str, object], policy: list[dict[str, object]] | None = None) -> Reply:
    """The same answer to every question, the policy part only where it is asked for."""
    part = {} if policy is None else {"policy": policy}
    return lambda question: {"messages": list(verdicts), **part}


async def test_one_question_asks_for_every_assistant_message() -> None:
    judge = RecordingJudge(answering(verdict(1), verdict(3)))
    outcome = await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(dialogue(5), judge)
    (question,) = judge.questions
    assert (question.item, question.method, question.repeat) == ("thread-1", "correctness", 0)
    assert asked_indexes(question) == [1, 3]
    assert list(sections(question.prompt)) == ["TRANSCRIPT"]
    assert sections(question.prompt)["TRANSCRIPT"].splitlines()[:4] == [
        "[0] user",
        "0| message 0",
        "[1] assistant",
        "1| message 1",
    ]
    assert (outcome.verdict, outcome.score, outcome.reason) == ("PASS", None, None)
    assert outcome.result["messages"] == [
        {"index": 1, "verdict": "PASS", "reasoning": "because of 1", "evidence": [], "check": None},
        {"index": 3, "verdict": "PASS", "reasoning": "because of 3", "evidence": [], "check": None},
    ]


@pytest.mark.parametrize(
    ("words", "worst"),
    [
        (["PASS", "NOT APPLICABLE"], "PASS"),
        (["NOT APPLICABLE", "NOT APPLICABLE"], "NOT APPLICABLE"),
        (["soft_fail", "pass"], "SOFT FAIL"),
        (["Hard-Fail", "SOFT FAIL"], "HARD FAIL"),
        (["HARD FAIL", " critical "], "CRITICAL"),
    ],
)
async def test_the_thread_has_its_worst_verdict_in_any_spelling(words: list[str], worst: str) -> None:
    judge = RecordingJudge(answering(verdict(1, words[0]), verdict(3, words[1])))
    outcome = await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(dialogue(4), judge)
    assert outcome.verdict == worst


async def test_a_message_left_out_is_asked_for_once_more() -> None:
    judge = RecordingJudge(
        lambda question: {"messages": [verdict(index) for index in asked_indexes(question)[:2]]},
    )
    outcome = await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(dialogue(8), judge, repeat=3)
    assert judge.methods == ["correctness", "correctness/missing"]
    assert [asked_indexes(question) for question in judge.questions] == [[1, 3, 5, 7], [5, 7]]
    assert [question.repeat for question in judge.questions] == [3, 3]
    assert [entry["index"] for entry in entries(outcome.result)] == [1, 3, 5, 7]
    assert outcome.verdict == "PASS"


async def test_asking_again_for_everything_is_another_question_than_before() -> None:
    judge = RecordingJudge(answering())
    await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(dialogue(4), judge)
    first, second = judge.prompts
    assert first != second
    assert outside(second).endswith("this time answer for every one of them.")


@pytest.mark.parametrize("word", ["PASS", "HARD FAIL"])
async def test_a_message_left_out_twice_leaves_the_thread_unscored(word: str) -> None:
    judge = RecordingJudge(answering(verdict(1, word)))
    outcome = await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(dialogue(4), judge)
    assert (outcome.verdict, outcome.reason) == (None, "unparseable")
    assert outcome.detail == "the judge twice gave no verdict on messages [3], rules []"
    assert outcome.result["unscored"] == [3]
    assert [entry["verdict"] for entry in entries(outcome.result)] == [word]
    assert len(judge.questions) == 2


async def test_nothing_left_out_could_be_worse_than_critical() -> None:
    judge = RecordingJudge(answering(verdict(1, "CRITICAL")))
    outcome = await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(dialogue(4), judge)
    assert (outcome.verdict, outcome.reason) == ("CRITICAL", None)
    assert outcome.result["unscored"] == [3]


async def test_verdicts_nobody_asked_for_are_ignored_and_noted() -> None:
    judge = RecordingJudge(
        answering(verdict(0, "CRITICAL"), verdict(1), verdict(1, "CRITICAL"), verdict(99, "CRITICAL"))
    )
    outcome = await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(dialogue(3), judge)
    assert outcome.verdict == "PASS"
    assert outcome.result["ignored"] == [0, 1, 99]


async def test_an_invented_quotation_is_flagged() -> None:
    thread = thread_of(say("user", "Where is it?"), say("assistant", "It is in\nlocker 4."))
    quotes = [
        (1, "in locker 4"),
        (1, "1| It is in\n1| locker 4."),
        (0, "locker 4"),
        (1, "locker 5"),
        (7, "It"),
        (-1, "It"),
    ]
    judge = RecordingJudge(answering(verdict(1, "HARD FAIL", quotes)))
    outcome = await CorrectnessEvaluator(EvaluatorOptions()).judge_by_model(thread, judge)
    (entry,) = entries(outcome.result)
    assert [evidence["found"] for evidence in entry["evidence"]] == [True, True, False, False, False, False]
    assert outcome.result["invented_evidence"] == 4


async def test_a_thread_without_an_assistant_message_is_not_asked_about() -> None:
    judge = RecordingJudge(answering())
    outcome = await CorrectnessEvaluator(EvaluatorOptions(policy=RULES)).judge_by_model(
        thread_of(say("user", "anybody there?"), say("system", "hello")), judge
    )
    assert (outcome.verdict, outcome.reason) == (None, "not_applicable")
    assert judge.questions == []


async def test_the_windows_of_a_long_thread_are_merged() -> None:
    def judged(question: Question[Any]) -> object:
        words = {31: "HARD FAIL", 99: "SOFT FAIL"}
        return {"messages": [verdict(index, words.get(index, "PASS")) for index in asked_indexes(question)]}

    judge = RecordingJudge(judged)
    options = EvaluatorOptions(window_messages=20, window_overlap=6)
    outcome = await CorrectnessEvaluator(options).judge_by_model(dialogue(100), judge)
    assert len(judge.questions) > 4
    assert sorted(judge.methods) == sorted({"correctness", *(f"correctness/window-{n}" for n in range(2, 8))})
    assert [index for question in judge.questions for index in asked_indexes(question)] == list(range(1, 100, 2))
    assert [entry["index"] for entry in entries(outcome.result)] == list(range(1, 100, 2))
    assert outcome.verdict == "HARD FAIL"


async def test_a_window_without_assistant_messages_is_not_asked_about() -> None:
    thread = thread_of(*[say("user", "hello?")] * 30, say("assistant", "Hello."))
    judge = RecordingJudge(answering(verdict(30)))
    options = EvaluatorOptions(window_messages=10, window_overlap=2)
    outcome = await CorrectnessEvaluator(options).judge_by_model(thread, judge)
    assert len(judge.questions) == 1
    assert outcome.verdict == "PASS"


async def test_each_rule_of_the_policy_has_a_status() -> None:
    policy = [status("price", "not applicable"), status("greet", "followed", [(1, "message 1")])]
    judge = RecordingJudge(answering(verdict(1), policy=policy))
    outcome = await CorrectnessEvaluator(EvaluatorOptions(policy=RULES)).judge_by_model(dialogue(2), judge)
    (question,) = judge.questions
    assert list(sections(question.prompt)) == ["POLICY", "TRANSCRIPT"]
    assert asked_rules(question) == ["greet", "price"]
    assert "Never promise a price." in sections(question.prompt)["POLICY"]
    assert outcome.verdict == "PASS"
    assert outcome.result["policy"] == [
        {
            "id": "greet",
            "section": "Tone",
            "status": "FOLLOWED",
            "reasoning": "because of greet",
            "evidence": [{"index": 1, "quote": "message 1", "found": True}],
        },
        {
            "id": "price",
            "section": "Sales",
            "status": "NOT_APPLICABLE",
            "reasoning": "because of price",
            "evidence": [],
        },
    ]


@pytest.mark.parametrize(
    ("word", "worst"), [("PASS", "HARD FAIL"), ("SOFT FAIL", "HARD FAIL"), ("CRITICAL", "CRITICAL")]
)
async def test_a_violated_rule_is_at_least_a_hard_fail(word: str, worst: str) -> None:
    policy = [status("greet", "Violated", [(1, "nowhere")]), status("price")]
    judge = RecordingJudge(answering(verdict(1, word), policy=policy))
    outcome = await CorrectnessEvaluator(EvaluatorOptions(policy=RULES)).judge_by_model(dialogue(2), judge)
    assert outcome.verdict == worst
    assert outcome.result["invented_evidence"] == 1


async def test_a_rule_left_out_is_asked_for_once_more_together_with_messages() -> None:
    def forgetful(question: Question[Any]) -> object:
        if question.method == "correctness":
            return {"messages": [verdict(1)], "policy": [status("GREET")]}
        return {"messages": [verdict(3)], "policy": [status("price")]}

    judge = RecordingJudge(forgetful)
    outcome = await CorrectnessEvaluator(EvaluatorOptions(policy=RULES)).judge_by_model(dialogue(4), judge)
    assert asked_indexes(judge.questions[1]) == [3]
    assert asked_rules(judge.questions[1]) == ["price"]
    assert (outcome.verdict, outcome.reason) == ("PASS", None)
    assert [entry["id"] for entry in entries(outcome.result, "policy")] == ["greet", "price"]


async def test_a_rule_alone_can_be_asked_for_again_and_left_out_twice_is_unscored() -> None:
    judge = RecordingJudge(answering(verdict(1), policy=[status("greet")]))
    outcome = await CorrectnessEvaluator(EvaluatorOptions(policy=RULES)).judge_by_model(dialogue(2), judge)
    assert "Judge no message this time" in outside(judge.prompts[1])
    assert outcome.reason == "unparseable"
    assert outcome.detail == "the judge twice gave no verdict on messages [], rules ['price']"
    assert outcome.result["unscored_rules"] == ["price"]


@pytest.mark.parametrize(
    ("by_window", "merged"),
    [
        (["NOT_APPLICABLE", "FOLLOWED", "NOT_APPLICABLE"], "FOLLOWED"),
        (["FOLLOWED", "VIOLATED", "FOLLOWED"], "VIOLATED"),
        (["NOT_APPLICABLE", "NOT_APPLICABLE", "NOT_APPLICABLE"], "NOT_APPLICABLE"),
        (["VIOLATED", None, "FOLLOWED"], "VIOLATED"),
    ],
)
async def test_a_rule_has_its_worst_status_over_all_windows(by_window: list[str | None], merged: str) -> None:
    def by_method(question: Question[Any]) -> object:
        window = next((number for number in (2, 3) if f"window-{number}" in question.method), 1)
        word = by_window[window - 1]
        judged = [verdict(index) for index in asked_indexes(question)]
        return {"messages": judged, "policy": [status("greet", word, [(window, f"message {window}")])] if word else []}

    options = EvaluatorOptions(policy=RULES[:1], window_messages=20, window_overlap=4)
    outcome = await CorrectnessEvaluator(options).judge_by_model(dialogue(52), RecordingJudge(by_method))
    (rule,) = entries(outcome.result, "policy")
    assert rule["status"] == merged
    telling = [number for number, word in enumerate(by_window, 1) if word == merged]
    assert [evidence["index"] for evidence in rule["evidence"]] == telling


async def test_a_rule_that_a_window_left_open_is_open_for_the_thread() -> None:
    def by_method(question: Question[Any]) -> object:
        judged = [verdict(index) for index in asked_indexes(question)]
        return {"messages": judged, "policy": [] if "window-2" in question.method else [status("greet")]}

    options = EvaluatorOptions(policy=RULES[:1], window_messages=20, window_overlap=4)
    outcome = await CorrectnessEvaluator(options).judge_by_model(dialogue(36), RecordingJudge(by_method))
    assert outcome.reason == "unparseable"
    assert outcome.result["unscored_rules"] == ["greet"]
    assert outcome.result["policy"] == []
