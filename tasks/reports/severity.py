"""How bad a thread came out: its success, its place in the report, and the finding that put it there.

All functions take the evaluations that count, one of each evaluator (`chosen_repeats` finds them).
"""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from storage.records import ThreadEvaluation
from tasks.reports.order import CORRECTNESS, EFFICIENCY

FAILING = frozenset({"CRITICAL", "HARD FAIL"})
FAULTY = FAILING | {"SOFT FAIL", "BROKEN", "INCOMPLETE", "FRICTION"}
GOOD_ENOUGH = frozenset({"EFFICIENT", "ACCEPTABLE", "FRICTION"})
FOUND_FAULT, UNSCORED, REST = range(3)
LONGEST_FINDING = 300

SeverityKey = tuple[int, int, int, int, float]
"""Place in the report: group, success, correctness, efficiency, score; the smaller the worse."""


def thread_success(evaluations: Sequence[ThreadEvaluation]) -> bool | None:
    """Whether the thread served its user; None when correctness or efficiency is unscored or was not judged."""
    by_name = {e.evaluator: e for e in evaluations}
    correctness, efficiency = by_name.get("correctness"), by_name.get("efficiency")
    if correctness is None or efficiency is None or correctness.verdict is None or efficiency.verdict is None:
        return None
    return efficiency.verdict in GOOD_ENOUGH and correctness.verdict not in FAILING


def severity(evaluations: Sequence[ThreadEvaluation]) -> SeverityKey:
    """Sort key, worst first: found at fault, then unscored, then the rest."""
    by_name = {e.evaluator: e for e in evaluations}
    success = thread_success(evaluations)
    verdicts = {e.verdict for e in evaluations}
    if success is False or (success is None and verdicts & FAULTY):
        group = FOUND_FAULT
    else:
        group = UNSCORED if success is None else REST
    scores = [e.score for e in evaluations if e.score is not None]
    return (
        group,
        0 if success is False else 1,
        _place(CORRECTNESS, by_name.get("correctness")),
        _place(EFFICIENCY, by_name.get("efficiency")),
        min(scores, default=1.0),
    )


def main_finding(evaluations: Sequence[ThreadEvaluation]) -> str | None:
    """The one line that says why a thread stands where it does; None when there is nothing to say."""
    by_name = {e.evaluator: e for e in evaluations}
    ordered = [by_name[name] for name in ("correctness", "efficiency", "intent") if name in by_name]
    ordered += [by_name[name] for name in sorted(by_name.keys() - {"correctness", "efficiency", "intent"})]
    said = next((line for e in ordered for line in _lines(e)), None)
    finding = said or next((e.detail for e in ordered if e.reason and e.detail), None)
    return finding[:LONGEST_FINDING] if finding else None


def _place(order: tuple[str, ...], evaluation: ThreadEvaluation | None) -> int:
    """Place in the order of verdicts; after the faults, before the praise, when there is no verdict."""
    if evaluation is None or evaluation.verdict not in order:
        return len(order) // 2
    return order.index(evaluation.verdict)


def _lines(evaluation: ThreadEvaluation) -> Iterator[str]:
    """What an evaluator said against the thread, its worst first."""
    result = evaluation.result
    worst = sorted(_entries(result.get("messages")), key=lambda m: _verdict_place(m.get("verdict")))
    yield from (line for m in worst if m.get("verdict") in FAULTY and (line := _text(m.get("reasoning"))))
    violated = (rule for rule in _entries(result.get("policy")) if rule.get("status") == "VIOLATED")
    yield from (line for rule in violated if (line := _text(rule.get("reasoning"))))
    if line := _text(result.get("failure_reason")):
        yield line
    friction = (line for turn in _entries(result.get("friction")) if (line := _text(turn.get("reasoning"))))
    yield from friction
    if evaluation.verdict in FAULTY and (line := _text(result.get("reasoning"))):
        yield line
    wrong = (m for m in _entries(result.get("messages")) if m.get("correct") is False)
    yield from (line for m in wrong if (line := _text(m.get("reasoning"))))


def _entries(value: JsonValue) -> list[Mapping[str, JsonValue]]:
    """The objects in a JSON list; none when it is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _verdict_place(verdict: JsonValue) -> int:
    return CORRECTNESS.index(verdict) if isinstance(verdict, str) and verdict in CORRECTNESS else len(CORRECTNESS)


def _text(value: JsonValue) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
