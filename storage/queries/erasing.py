"""Erasing prompts and answers from the ledger, for users whose data must not be copied."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.records import RETRYABLE, ThreadEvaluation

REASONS_ONLY = """
    system_prompt = NULL, prompt = NULL, response = NULL, error = split_part(error, ':', 1),
    attempts = (
        SELECT coalesce(jsonb_agg(CASE WHEN attempt ? 'error'
            THEN attempt || jsonb_build_object('error', split_part(attempt ->> 'error', ':', 1)) ELSE attempt END
            ORDER BY place), '[]')
        FROM jsonb_array_elements(attempts) WITH ORDINALITY AS each (attempt, place))
"""

ERASE_FINISHED = text(f"""
    UPDATE api_logs SET {REASONS_ONLY}
    FROM unnest(CAST(:items AS text[]), CAST(:evaluators AS text[]), CAST(:repeats AS bigint[]))
        AS done (item, evaluator, repeat)
    WHERE api_logs.run_id = :run_id AND prompt IS NOT NULL AND api_logs.item = done.item
      AND split_part(api_logs.method, '/', 1) = done.evaluator AND api_logs.repeat = done.repeat
""")

ERASE_ALL = text(f"UPDATE api_logs SET {REASONS_ONLY} WHERE run_id = :run_id AND prompt IS NOT NULL")


async def erase_finished(session: AsyncSession, run_id: UUID, evaluations: Sequence[ThreadEvaluation]) -> None:
    """Erase the content of the calls behind results that are final; of errors the reason is left.

    A request that several items share is in the ledger once, under the first of them: erased with that one, it is
    asked again for an item that comes later. What a call brings that was still on the wire when its item was finished
    is erased when the run is closed. Of results themselves (evidence, reasoning) nothing is erased.
    """
    final = [one for one in evaluations if one.reason not in RETRYABLE]
    if not final:
        return
    parameters = {
        "run_id": run_id,
        "items": [one.thread_id for one in final],
        "evaluators": [one.evaluator for one in final],
        "repeats": [one.repeat for one in final],
    }
    await session.execute(ERASE_FINISHED, parameters)


async def erase_content(session: AsyncSession, run_id: UUID) -> None:
    """Erase the content of all calls of a run; of errors the reason is left."""
    await session.execute(ERASE_ALL, {"run_id": run_id})
