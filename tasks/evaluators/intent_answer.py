"""What a judge answers about intents, and how what the bot recorded is compared with it and with labels."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from storage.records import Message, Thread
from tasks.evaluators.asking.asking import Answered, merge_entries
from tasks.evaluators.asking.quotations import check_quotes, evidence_json
from tasks.evaluators.asking.verdicts import Answer, Confidence, Quote, Words
from tasks.evaluators.base import EvaluatorOptions, Outcome
from tasks.evaluators.labels import plain_label, same_labels


class MessageIntent(Answer):
    """What the user wants in one message."""

    index: int
    reasoning: Words
    intents: list[Words]
    query_type: Words | None
    confidence: Confidence
    evidence: list[Quote]


class IntentAnswer(Answer):
    """What the user wants in the messages asked about."""

    messages: list[MessageIntent]


class IntentNames:
    """The names a judge may choose from; knows them in any spelling."""

    def __init__(self, options: EvaluatorOptions) -> None:
        self._intents = {plain_label(intent.name): intent.name for intent in options.intents}
        self._query_types = {plain_label(name): name for name in options.query_types}

    def usable(self, answer: IntentAnswer) -> Iterator[MessageIntent]:
        """The entries that keep to the names given."""
        for entry in answer.messages:
            intents_known = not self._intents or all(plain_label(name) in self._intents for name in entry.intents)
            type_known = not self._query_types or plain_label(entry.query_type or "") in {"", *self._query_types}
            if intents_known and type_known:
                yield entry

    def intents(self, entry: MessageIntent) -> list[str] | None:
        """The intents of an entry as the taxonomy spells them; None where there is no taxonomy."""
        if not self._intents:
            return None
        return list(dict.fromkeys(self._intents[plain_label(name)] for name in entry.intents))

    def query_type(self, entry: MessageIntent) -> str | None:
        """The query type of an entry as the data spells it; None where there is none."""
        return self._query_types.get(plain_label(entry.query_type or ""))


def compare_intents(thread: Thread, names: IntentNames, answered: Sequence[Answered[IntentAnswer]]) -> Outcome:
    """The share of the user messages for which the bot recorded what the label, or else the judge, says."""
    found, ignored = merge_entries(answered, lambda answer: names.usable(answer))
    missing = [index for part in answered for index in part.missing.indexes]
    messages = [
        entry
        for index, message in enumerate(thread.messages)
        if message.role == "user" and (entry := _compare(thread, index, names, found.get(index)))
    ]
    marks = [entry["correct"] for entry in messages if entry["correct"] is not None]
    invented = [e for entry in found.values() for e in check_quotes(thread, entry.evidence) if not e.found]
    result: dict[str, JsonValue] = {
        "messages": [*messages],
        "compared": len(marks),
        "correct": sum(mark is True for mark in marks),
        "unscored": [*missing],
        "ignored": [*ignored],
        "invented_evidence": len(invented),
    }
    if marks:
        return Outcome(score=sum(mark is True for mark in marks) / len(marks), result=result)
    if missing:
        detail = f"the judge twice gave no intent of the taxonomy for messages {missing}"
        return Outcome(reason="unparseable", detail=detail, result=result)
    return Outcome(reason="not_applicable", detail="no recorded intent to compare with anything", result=result)


def _compare(thread: Thread, index: int, names: IntentNames, entry: MessageIntent | None) -> dict[str, JsonValue]:
    """One user message; empty where there is nothing to compare and nothing predicted."""
    message = thread.messages[index]
    predicted = names.intents(entry) if entry else None
    query_type = names.query_type(entry) if entry else None
    compared_with = _compared_with(message, predicted)
    intents_right = same_labels(message.recorded_intents, message.expected_intents or predicted or ())
    type_right = _query_type_right(message, query_type)
    if entry is None and compared_with is None and type_right is None:
        return {}
    return {
        "index": index,
        "recorded": [*message.recorded_intents],
        "expected": [*message.expected_intents],
        "predicted": [*predicted] if predicted is not None else None,
        "compared_with": compared_with,
        "correct": intents_right if compared_with else None,
        "recorded_query_type": message.recorded_query_type,
        "expected_query_type": message.expected_query_type,
        "predicted_query_type": query_type,
        "query_type_correct": type_right,
        "confidence": entry.confidence if entry else None,
        "reasoning": _reasoning(message, compared_with, entry),
        "evidence": evidence_json(check_quotes(thread, entry.evidence)) if entry else [],
    }


def _compared_with(message: Message, predicted: list[str] | None) -> str | None:
    """What the recorded intents are held against: the label before the judge."""
    if not message.recorded_intents:
        return None
    return "label" if message.expected_intents else "judge" if predicted is not None else None


def _query_type_right(message: Message, predicted: str | None) -> bool | None:
    expected = message.expected_query_type if message.expected_query_type is not None else predicted
    if message.recorded_query_type is None or expected is None:
        return None
    return same_labels([message.recorded_query_type], [expected])


def _reasoning(message: Message, compared_with: str | None, entry: MessageIntent | None) -> str:
    said = [entry.reasoning] if entry else []
    if compared_with == "label":
        recorded, expected = ", ".join(message.recorded_intents), ", ".join(message.expected_intents)
        said.insert(0, f"Recorded {recorded}; the label is {expected}.")
    return " ".join(said)
