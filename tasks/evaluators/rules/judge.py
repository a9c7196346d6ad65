"""The judge `rules`: three evaluators without a model, each silent where only a judge could tell."""

from collections.abc import Iterator

from pydantic import JsonValue

from storage.records import Thread
from tasks.evaluators.base import WORST_FIRST, Efficiency, EvaluatorOptions, Outcome
from tasks.evaluators.rules.base import Finding, Kind
from tasks.evaluators.rules.catalog import chosen_checks
from tasks.evaluators.rules.labels import compare_labels
from tasks.evaluators.turns import count_turns

RULES_VERSION = "1"


def judge_intent(thread: Thread, options: EvaluatorOptions) -> Outcome:
    """Compare what the bot recorded with the label, user message by user message; `options` do not matter.

    The score is the share of right ones; `not_applicable` where no message has both.
    """
    entries = compare_labels(thread)
    verdicts = [entry["correct"] for entry in entries if entry["correct"] is not None]
    compared, correct = len(verdicts), sum(verdict is True for verdict in verdicts)
    result: dict[str, JsonValue] = {"messages": [*entries], "compared": compared, "correct": correct, "unscored": []}
    if not compared:
        return Outcome(
            reason="not_applicable", detail="no user message has both a recorded intent and a label", result=result
        )
    return Outcome(score=correct / compared, result=result)


def judge_correctness(thread: Thread, options: EvaluatorOptions) -> Outcome:
    """The worst of what the chosen checks find in the replies; `not_applicable` where they find nothing."""
    findings = sorted(_find(thread, options, frozenset({"correctness"})), key=lambda finding: finding.index)
    result: dict[str, JsonValue] = {
        "messages": [_message(finding) for finding in findings],
        "policy": [],
        "unscored": [],
    }
    verdicts = {finding.verdict for finding in findings}
    worst = next((word for word in WORST_FIRST if word in verdicts), None)
    if worst is None:
        has_reply = any(message.role == "assistant" for message in thread.messages)
        detail = "no check found anything; only a judge could tell" if has_reply else "no assistant message to judge"
        return Outcome(reason="not_applicable", detail=detail, result=result)
    return Outcome(verdict=worst, result=result)


def judge_efficiency(thread: Thread, options: EvaluatorOptions) -> Outcome:
    """BROKEN, INCOMPLETE or FRICTION where that can be computed; else `not_applicable`, with the turns counted."""
    kinds: frozenset[Kind] = frozenset({"friction", "broken", "incomplete"})
    findings = sorted(_find(thread, options, kinds), key=lambda finding: finding.index)
    verdict, deciding = _decide(findings)
    result: dict[str, JsonValue] = {
        "task_completed": False if verdict == "BROKEN" else None,
        "friction": [_friction(finding) for finding in findings if finding.kind == "friction"],
        "recovery": "FAILED" if verdict == "BROKEN" else None,
        "failure_reason": deciding.reasoning if deciding and verdict == "BROKEN" else None,
        "user_turns": count_turns(thread, "user"),
        "assistant_turns": count_turns(thread, "assistant"),
        "reasoning": deciding.reasoning if deciding else "No check could decide.",
        "evidence": _evidence(deciding) if deciding else [],
    }
    if verdict is None:
        return Outcome(reason="not_applicable", detail="no check could decide; only a judge could tell", result=result)
    return Outcome(verdict=verdict, result=result)


def _find(thread: Thread, options: EvaluatorOptions, kinds: frozenset[Kind]) -> Iterator[Finding]:
    for check in chosen_checks(options.checks):
        if check.kinds & kinds:
            yield from check.find(thread)


def _decide(findings: list[Finding]) -> tuple[Efficiency | None, Finding | None]:
    """The verdict and the finding that decides it, the gravest first; the user's own slips decide nothing."""
    for kind, verdict in _VERDICTS:
        for finding in findings:
            if finding.kind == kind and finding.cause != "user":
                return verdict, finding
    return None, None


_VERDICTS: tuple[tuple[Kind, Efficiency], ...] = (
    ("broken", "BROKEN"),
    ("incomplete", "INCOMPLETE"),
    ("friction", "FRICTION"),
)


def _message(finding: Finding) -> dict[str, JsonValue]:
    return {
        "index": finding.index,
        "verdict": finding.verdict,
        "reasoning": finding.reasoning,
        "evidence": _evidence(finding),
        "check": finding.check,
    }


def _friction(finding: Finding) -> dict[str, JsonValue]:
    return {
        "index": finding.index,
        "cause": finding.cause,
        "reasoning": finding.reasoning,
        "evidence": _evidence(finding),
        "check": finding.check,
    }


def _evidence(finding: Finding) -> list[JsonValue]:
    return [evidence.model_dump(mode="json") for evidence in finding.evidence]
