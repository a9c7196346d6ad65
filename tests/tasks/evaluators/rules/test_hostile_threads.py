"""Hostile and enormous threads: every check ends, and its work grows with the text and no faster."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from storage.records import Message, Thread
from tasks.evaluators.base import EvaluatorOptions
from tasks.evaluators.rules.base import Check
from tasks.evaluators.rules.catalog import CHECKS
from tasks.evaluators.rules.judge import judge_correctness, judge_efficiency, judge_intent
from tests.tasks.evaluators.rules.talks import say, talk, thread_of

ALL = EvaluatorOptions(checks=tuple(check.name for check in CHECKS))
SIZE = 150_000
HOSTILE = {
    "letters": "a",
    "digits": "1",
    "sums": "1 + 1 + ",
    "false sums": "1 + 1 = 3 ",
    "braces": "{{",
    "open braces": "{{ a",
    "brackets": "[your ",
    "angles": "<insert ",
    "spaces": " ",
    "lines": "\n",
    "backticks": "`",
    "fences": "```\n",
    "dots": "a.b.",
    "errors": "an error error ",
    "thanks": "thank you ",
    "no": "no, ",
    "money": "$1 and ",
    "totals": "$1 total ",
    "at signs": "a@",
    "replacement characters": "\ufffd",
    "combining": "e\u0301",
    "han": "\u4e2d",
    "arabic": "\u0639\u0631\u0628\u064a ",
    "emoji": "\U0001f600",
    "tokens": "<|",
    "role lines": "\nHuman:",
    "commas": "1,",
    "questions": "what is your ",
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.timeout(20)
def test_no_text_of_150_kilobytes_stops_a_check(unit: str, check: Check) -> None:
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    findings = list(check.find(talk("When will my order come?", text, text, text)))
    assert all(evidence.found and len(evidence.quote) <= 240 for finding in findings for evidence in finding.evidence)


def count_lines(work: Callable[[], object]) -> int:
    """How many lines of Python run: a measure of work that no busy machine changes."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


def long_thread(pairs: int) -> Thread:
    said: list[Message] = []
    for at in range(pairs):
        said.append(say("user", f"What is the state of order number {at}, please? I asked about it before."))
        said.append(say("assistant", f"Order {at} is on its way. What is your order number, and your e-mail address?"))
    return thread_of(*said)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_work_of_a_check_grows_with_the_messages_and_no_faster(check: Check) -> None:
    short, long = long_thread(75), long_thread(750)
    list(check.find(long_thread(2)))
    few = count_lines(lambda: list(check.find(short)))
    many = count_lines(lambda: list(check.find(long)))
    assert many <= 13 * few + 1_000


def test_a_thread_of_1500_identical_turns_is_judged() -> None:
    thread = talk(
        *["Where is my tent, please?", "It is in Leeds and comes to you tomorrow, between nine and twelve."] * 750
    )
    assert judge_efficiency(thread, ALL).verdict == "FRICTION"
    assert judge_correctness(thread, ALL).reason == "not_applicable"


@pytest.mark.parametrize(
    "messages",
    [
        (say("user"),),
        (say("assistant"),),
        (say("tool"),),
        (say("system", "x"),),
        (say("user"), say("assistant"), say("user"), say("assistant")),
        (say("tool", "\ufffd" * 10), say("assistant", "\ufffd")),
        (say("assistant", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35"), say("user", "\u0928\u092e\u0938\u094d\u0924\u0947")),
    ],
)
def test_empty_texts_and_lonely_messages_are_judged(messages: tuple[Message, ...]) -> None:
    thread = thread_of(*messages)
    for judge in (judge_intent, judge_correctness, judge_efficiency):
        outcome = judge(thread, ALL)
        assert (outcome.reason is None) == (outcome.verdict is not None or outcome.score is not None)


def test_a_defect_at_the_end_of_an_enormous_reply_is_found() -> None:
    reply = "All is well. " * 12_000 + "\nThat is 3 x $2 = $7."
    outcome = judge_correctness(talk("How much?", reply), EvaluatorOptions(checks=("arithmetic",)))
    assert outcome.verdict == "HARD FAIL"
