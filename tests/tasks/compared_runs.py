"""Two runs over the same threads, ended and ready to be compared."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from storage.database import Database
from storage.queries.runs import close_run, pin_snapshot
from storage.records import Snapshot, Thread, ThreadEvaluation
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_evaluation, make_thread

VERSIONS = {"intent": "1", "correctness": "1", "efficiency": "1"}


def some_threads(n: int, **changed: Any) -> list[Thread]:
    """Threads t0, t1, ..."""
    return [make_thread(f"t{number}", **changed) for number in range(n)]


async def add_ended_run(
    database: Database,
    threads: Sequence[Thread],
    verdicts: Mapping[str, str] = {},
    *,
    status: Any = "completed",
    versions: Mapping[str, str] = VERSIONS,
    **changed: Any,
) -> UUID:
    """A run that found every thread in order but those whose worst verdict is named."""
    run_id = await add_run(database, versions=versions, **changed)
    await add_threads(database, threads, run_id)
    rows = (row for thread in threads for row in judged(run_id, thread, verdicts.get(thread.external_id, "PASS")))
    await add_evaluations(database, *(row for row in rows if row.evaluator in versions))
    snapshot = Snapshot(source="threads.csv", threads=len(threads), messages=2 * len(threads), hash="hash")
    async with database.transaction() as session:
        await pin_snapshot(session, run_id, snapshot)
        await close_run(session, run_id, status)
    return run_id


def judged(run_id: UUID, thread: Thread, verdict: str) -> list[ThreadEvaluation]:
    """The rows of a thread: what is said of its answer, that it was efficient, and two intents taken right."""
    finding = {"index": 1, "verdict": verdict, "reasoning": f"{thread.external_id} was told the wrong day."}
    name = thread.external_id
    return [
        make_evaluation(run_id, name, verdict=verdict, result={"messages": [finding]}),
        make_evaluation(run_id, name, evaluator="efficiency", verdict="EFFICIENT"),
        make_evaluation(
            run_id,
            name,
            evaluator="intent",
            verdict=None,
            score=1.0,
            result={"compared": 2, "correct": 2, "messages": [{"index": 0, "query_type_correct": True}]},
        ),
    ]
