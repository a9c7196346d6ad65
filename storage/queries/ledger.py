"""The ledger: every model call of a run in `api_logs`, and the answers already paid for."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from pydantic import AwareDatetime
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.page import Page, read_page
from storage.records import ModelCall, Record, Usage
from storage.tables import ApiLogRow

SAVE = text("""
    INSERT INTO api_logs AS old (run_id, request_hash, item, method, provider, model, system_prompt, prompt, response,
                                 usable, error, duration_ms, tokens_in, tokens_out, cost_usd, attempts, created_at)
    SELECT run_id, request_hash, item, method, provider, model, system_prompt, prompt, response, usable, error,
           duration_ms, tokens_in, tokens_out, cost_usd,
           jsonb_build_array(jsonb_build_object('at', created_at, 'error', error, 'duration_ms', duration_ms,
                                                'tokens_in', tokens_in, 'tokens_out', tokens_out)),
           created_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
        run_id uuid, request_hash text, item text, method text, provider text, model text, system_prompt text,
        prompt text, response text, usable boolean, error text, duration_ms double precision, tokens_in bigint,
        tokens_out bigint, cost_usd numeric, created_at timestamptz)
    ON CONFLICT (run_id, request_hash) DO UPDATE SET
        response = CASE WHEN old.usable THEN old.response ELSE excluded.response END,
        error = CASE WHEN old.usable THEN old.error ELSE excluded.error END,
        usable = old.usable OR excluded.usable,
        duration_ms = old.duration_ms + excluded.duration_ms,
        tokens_in = old.tokens_in + excluded.tokens_in,
        tokens_out = old.tokens_out + excluded.tokens_out,
        cost_usd = old.cost_usd + excluded.cost_usd,
        attempts = old.attempts || excluded.attempts
    WHERE NOT old.attempts @> excluded.attempts
""")


class LoggedCall(Record):
    """One row of `api_logs`: a request of a run, all its attempts together.

    Attributes:
        usable: True when the answer is complete and fits its schema.
        duration_ms: All attempts together.
        tokens_in: All attempts together, as `tokens_out` and `cost_usd`.
        cost_usd: None where the model's price is not known.
        attempts: Each attempt with its time, error, duration and tokens.
    """

    run_id: UUID
    request_hash: str
    item: str
    method: str
    provider: str
    model: str
    system_prompt: str | None
    prompt: str
    response: str | None
    usable: bool
    error: str | None
    duration_ms: float
    tokens_in: int
    tokens_out: int
    cost_usd: Decimal | None
    attempts: tuple[dict[str, Any], ...]
    created_at: AwareDatetime


async def save_calls(session: AsyncSession, calls: Sequence[ModelCall]) -> None:
    """Add attempts to the ledger, in order; an answer that is usable is never replaced. One statement, as a rule."""
    if not calls:
        return
    waiting: list[ModelCall] = list(calls)
    while waiting:
        unique = {(call.run_id, call.request_hash): call for call in reversed(waiting)}
        rows = orjson.dumps([call.model_dump(mode="json") for call in unique.values()]).decode()
        await session.execute(SAVE, {"rows": rows})
        taken = {id(call) for call in unique.values()}
        waiting = [call for call in waiting if id(call) not in taken]


async def usable_answers(session: AsyncSession, run_id: UUID, hashes: Sequence[str]) -> dict[str, str]:
    """The committed usable answers among these requests, by request hash."""
    if not hashes:
        return {}
    query = select(ApiLogRow.request_hash, ApiLogRow.response).where(
        ApiLogRow.run_id == run_id, ApiLogRow.request_hash == func.any(list(hashes)), ApiLogRow.usable
    )
    return {request_hash: response or "" for request_hash, response in await session.execute(query)}


async def usage_of(session: AsyncSession, run_id: UUID) -> Usage:
    """Sum the ledger of a run; `cost_usd` is None as soon as one call's price is not known."""
    row = ApiLogRow
    query = select(
        func.count(),
        func.coalesce(func.sum(row.tokens_in), 0),
        func.coalesce(func.sum(row.tokens_out), 0),
        func.sum(row.cost_usd),
        func.count(row.cost_usd),
    ).where(row.run_id == run_id)
    calls, tokens_in, tokens_out, cost_usd, priced = (await session.execute(query)).one()
    known = Decimal(cost_usd or 0) if priced == calls else None
    return Usage(calls=calls, tokens_in=int(tokens_in), tokens_out=int(tokens_out), cost_usd=known)


async def list_calls(
    session: AsyncSession, run_id: UUID, *, item: str | None = None, limit: int = 100, offset: int = 0
) -> Page[LoggedCall]:
    """The ledger of a run, oldest first; `limit` 0 means all."""
    row = ApiLogRow
    query = select(row).where(row.run_id == run_id).order_by(row.created_at, row.request_hash)
    if item is not None:
        query = query.where(row.item == item)
    rows, total = await read_page(session, query, limit, offset)
    items = tuple(LoggedCall.model_validate(found[0], from_attributes=True) for found in rows)
    return Page(items, total, limit, offset)
