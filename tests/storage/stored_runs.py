"""A run, its threads and its rows, put into a database for a test."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from storage.database import Database
from storage.queries.evaluations import save_evaluations
from storage.queries.runs import create_run
from storage.queries.snapshots import save_threads
from storage.records import Judge, Message, ModelCall, Thread, ThreadEvaluation

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def add_run(database: Database, run_id: UUID | None = None, **changed: Any) -> UUID:
    """A run of `evaluate-threads` that is going on."""
    fields: dict[str, Any] = {
        "flow": "evaluate-threads",
        "app": "shop",
        "name": "threads.csv by rules",
        "judge": Judge(provider="rules"),
        "params": {"source": "threads.csv"},
        "versions": {"correctness": "1"},
        **changed,
    }
    run_id = run_id or uuid4()
    async with database.transaction() as session:
        await create_run(session, run_id, **fields)
    return run_id


def make_thread(external_id: str, *texts: str, **changed: Any) -> Thread:
    """A thread in which user and assistant speak in turn."""
    said = texts or ("Where is it?", "It comes on Monday.")
    messages = tuple(Message(role="assistant" if n % 2 else "user", text=text) for n, text in enumerate(said))
    return Thread.model_validate({"external_id": external_id, "messages": messages, **changed})


async def add_threads(
    database: Database, threads: Sequence[Thread], run_id: UUID | None = None, app: str = "shop", first: int = 0
) -> None:
    """Store threads, and pin them to a run where one is named."""
    async with database.transaction() as session:
        await save_threads(session, app, threads, run_id=run_id, first_position=first)


def make_evaluation(run_id: UUID, thread_id: str = "t0", **changed: Any) -> ThreadEvaluation:
    """A correctness row: PASS where the test does not say otherwise."""
    verdict = None if changed.get("reason") else "PASS"
    fields = {"evaluator": "correctness", "evaluator_version": "1", "judge": "rules", "content_hash": "hash"}
    return ThreadEvaluation.model_validate(
        {"run_id": run_id, "thread_id": thread_id, "verdict": verdict, "created_at": NOON, **fields, **changed}
    )


async def add_evaluations(database: Database, *evaluations: ThreadEvaluation) -> None:
    """Save rows in one transaction."""
    async with database.transaction() as session:
        await save_evaluations(session, evaluations)


def make_call(run_id: UUID, request_hash: str = "hash", **changed: Any) -> ModelCall:
    """A usable answer of 100 tokens in and 20 out, at no known price."""
    fields: dict[str, Any] = {
        "run_id": run_id,
        "request_hash": request_hash,
        "item": "t0",
        "method": "correctness",
        "provider": "openai",
        "model": "small",
        "system_prompt": "Judge.",
        "prompt": "Thread t0.",
        "response": '{"verdict": "PASS"}',
        "usable": True,
        "duration_ms": 12.5,
        "tokens_in": 100,
        "tokens_out": 20,
        "created_at": NOON,
    }
    return ModelCall.model_validate(fields | changed)
