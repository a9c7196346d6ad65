"""Labels compared: what the bot took a user message for, against what it should have been."""

from pydantic import JsonValue

from storage.records import Message, Thread
from tasks.evaluators.labels import same_labels


def compare_labels(thread: Thread) -> list[dict[str, JsonValue]]:
    """One entry per user message where an intent or a query type can be compared with its label."""
    entries = ((index, message) for index, message in enumerate(thread.messages) if message.role == "user")
    return [entry for index, message in entries if (entry := _compare(index, message)) is not None]


def _compare(index: int, message: Message) -> dict[str, JsonValue] | None:
    correct, type_correct = _intent_correct(message), _type_correct(message)
    if correct is None and type_correct is None:
        return None
    return {
        "index": index,
        "recorded": list(message.recorded_intents),
        "expected": list(message.expected_intents),
        "predicted": None,
        "compared_with": None if correct is None else "label",
        "correct": correct,
        "recorded_query_type": message.recorded_query_type,
        "expected_query_type": message.expected_query_type,
        "predicted_query_type": None,
        "query_type_correct": type_correct,
        "confidence": None,
        "reasoning": _reasoning(message, correct),
        "evidence": [],
    }


def _intent_correct(message: Message) -> bool | None:
    if not message.recorded_intents or not message.expected_intents:
        return None
    return same_labels(message.recorded_intents, message.expected_intents)


def _type_correct(message: Message) -> bool | None:
    if message.recorded_query_type is None or message.expected_query_type is None:
        return None
    return same_labels([message.recorded_query_type], [message.expected_query_type])


def _reasoning(message: Message, correct: bool | None) -> str:
    if correct is None:
        return "Only the query type can be compared with a label."
    recorded, expected = ", ".join(message.recorded_intents), ", ".join(message.expected_intents)
    return f"Recorded {recorded}; the label is {expected}."
