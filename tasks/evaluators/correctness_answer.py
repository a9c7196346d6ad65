"""What a judge answers about correctness, and how the answers of all windows become one outcome."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from storage.records import Thread
from tasks.evaluators.asking.asking import Answered, merge_entries
from tasks.evaluators.asking.quotations import check_quotes, count_invented, evidence_json
from tasks.evaluators.asking.verdicts import Answer, CorrectnessWord, Quote, Words
from tasks.evaluators.base import WORST_FIRST, Correctness, Evidence, Outcome, PolicyRule
from tasks.evaluators.policy_status import RuleAnswer, RuleStatus, merge_statuses


class MessageVerdict(Answer):
    """The verdict on one assistant message."""

    index: int
    reasoning: Words
    verdict: CorrectnessWord
    evidence: list[Quote]


class CorrectnessAnswer(Answer):
    """The verdicts on the messages asked about."""

    messages: list[MessageVerdict]


class PolicyAnswer(CorrectnessAnswer):
    """The verdicts on the messages asked about, and the status of each rule asked about."""

    policy: list[RuleAnswer]


def merge_correctness(
    thread: Thread, policy: Sequence[PolicyRule], answered: Sequence[Answered[CorrectnessAnswer]]
) -> Outcome:
    """The worst verdict of the thread; unscored where something stayed without an answer that could be worse."""
    verdicts, ignored = merge_entries(answered, lambda answer: answer.messages)
    evidence = {index: check_quotes(thread, entry.evidence) for index, entry in verdicts.items()}
    statuses = merge_statuses(thread, policy, [(part.wanted.rules, _rules(part)) for part in answered])
    missing = [index for part in answered for index in part.missing.indexes]
    missing_rules = [rule.id for rule in policy if rule.id not in {status.rule.id for status in statuses}]
    result: dict[str, JsonValue] = {
        "messages": [_message_json(entry, evidence[index]) for index, entry in verdicts.items()],
        "policy": [status.as_json() for status in statuses],
        "unscored": [*missing],
        "unscored_rules": [*missing_rules],
        "ignored": [*ignored],
        "invented_evidence": _count_all(evidence, statuses),
    }
    worst = _worst([entry.verdict for entry in verdicts.values()], statuses)
    if (missing or missing_rules) and worst != "CRITICAL":
        detail = f"the judge twice gave no verdict on messages {missing}, rules {missing_rules}"
        return Outcome(reason="unparseable", detail=detail, result=result)
    return Outcome(verdict=worst, result=result)


def _rules(part: Answered[CorrectnessAnswer]) -> list[RuleAnswer]:
    return [entry for answer in part.answers if isinstance(answer, PolicyAnswer) for entry in answer.policy]


def _worst(verdicts: Iterable[Correctness], statuses: Iterable[RuleStatus]) -> Correctness:
    """A violated rule is at least a HARD FAIL."""
    violated = any(status.status == "VIOLATED" for status in statuses)
    found = {*verdicts, *(["HARD FAIL"] if violated else [])}
    for verdict in WORST_FIRST:
        if verdict in found:
            return verdict
    return "NOT APPLICABLE"


def _message_json(entry: MessageVerdict, evidence: Sequence[Evidence]) -> JsonValue:
    return {
        "index": entry.index,
        "verdict": entry.verdict,
        "reasoning": entry.reasoning,
        "evidence": evidence_json(evidence),
        "check": None,
    }


def _count_all(by_index: Mapping[int, Sequence[Evidence]], statuses: Iterable[RuleStatus]) -> int:
    of_messages = sum(count_invented(evidence) for evidence in by_index.values())
    return of_messages + sum(count_invented(status.evidence) for status in statuses)
