"""Conversations of an invented parcel bot and verdicts on them: what the samples are built from."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import JsonValue

from storage.records import Message, Thread, ThreadEvaluation

RUN_ID = UUID("0190c0de-0000-7000-8000-000000000001")
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
JSONObject = dict[str, JsonValue]


def evaluated(thread: Thread, evaluator: str, verdict: str | None = None, **more: object) -> ThreadEvaluation:
    values: dict[str, object] = {
        "run_id": RUN_ID,
        "thread_id": thread.external_id,
        "evaluator": evaluator,
        "evaluator_version": "1",
        "judge": "openai:judge-large",
        "content_hash": "00",
        "verdict": verdict,
        "created_at": START,
    }
    return ThreadEvaluation.model_validate(values | more)


def conversation(thread_id: str, *texts: str, user_id: str | None = "u-17", name: str | None = None) -> Thread:
    """Texts in turn: user, assistant, user..."""
    roles = ("user", "assistant")
    messages = tuple(
        Message(role="user" if at % 2 == 0 else roles[1], text=text, created_at=START + timedelta(seconds=40 * at))
        for at, text in enumerate(texts)
    )
    last = messages[-1].created_at
    return Thread(
        external_id=thread_id, user_id=user_id, name=name, messages=messages, created_at=START, last_active=last
    )
