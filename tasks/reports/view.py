"""What the page is given: a run and its threads as plain JSON, defaults left out."""

from collections.abc import Iterator
from typing import cast

from pydantic import JsonValue

from storage.records import Message, Run, ThreadEvaluation
from tasks.reports.repeats import Reducer, chosen_repeats
from tasks.reports.severity import main_finding, thread_success
from tasks.reports.thread import ReportThread

LONGEST_TEXT = 20_000
"""Characters of one text that the page carries; what is left out is counted and said."""


def run_view(run: Run) -> dict[str, JsonValue]:
    """The facts of a run that stand at the head of the page."""
    left_out = {"summary", "progress"}
    return cast(dict[str, JsonValue], run.model_dump(mode="json", exclude=left_out)) | {"judge": _judge(run)}


def thread_view(reported: ReportThread, reducer: Reducer) -> dict[str, JsonValue]:
    """One thread with its messages and its evaluations, the repeats it goes by before the others."""
    thread = reported.thread
    counted = list(chosen_repeats(reported.evaluations, reducer).values())
    evaluations = sorted(reported.evaluations, key=lambda e: (e not in counted, e.repeat, e.evaluator))
    return {
        "id": thread.external_id,
        "user": thread.user_id,
        "name": thread.name,
        "label": thread.labelled_success,
        "created": thread.created_at.isoformat() if thread.created_at else None,
        "last": thread.last_active.isoformat() if thread.last_active else None,
        "metadata": dict(thread.metadata),
        "success": thread_success(counted),
        "why": main_finding(counted),
        "messages": [dict(_message(message)) for message in thread.messages],
        "evaluations": [_evaluation(evaluation) for evaluation in evaluations],
    }


def _judge(run: Run) -> str:
    return f"{run.judge_provider}:{run.judge_model}" if run.judge_model else run.judge_provider


def _message(message: Message) -> Iterator[tuple[str, JsonValue]]:
    yield "role", message.role
    yield "text", message.text[:LONGEST_TEXT]
    if len(message.text) > LONGEST_TEXT:
        yield "left_out", len(message.text) - LONGEST_TEXT
    if message.created_at:
        yield "at", message.created_at.isoformat()
    dumped = message.model_dump(mode="json", exclude_defaults=True)
    for name in (
        "recorded_intents",
        "expected_intents",
        "recorded_query_type",
        "expected_query_type",
        "tool_call_id",
        "has_image",
    ):
        if name in dumped:
            yield name, dumped[name]
    if message.tool_calls:
        yield "tool_calls", dumped["tool_calls"]


def _evaluation(evaluation: ThreadEvaluation) -> dict[str, JsonValue]:
    left_out = {"run_id", "thread_id", "content_hash", "created_at"}
    return cast(dict[str, JsonValue], evaluation.model_dump(mode="json", exclude=left_out))
