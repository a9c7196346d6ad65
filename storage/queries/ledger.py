"""The ledger: every model call of a run in `api_logs`, and the answers already paid for."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from pydantic import AwareDatetime
from sqlalchemy import cast, distinct, func, select, text
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.page import Page, read_page
from storage.records import FoundAnswer, ModelCall, Record, Reuse, Usage
from storage.tables import ApiLogRow

COLUMNS = """run_id, request_hash, item, method, repeat, provider, model, system_prompt, prompt, response, usable,
    error, duration_ms, tokens_in, tokens_cached, tokens_out, tokens_reasoning, cost_usd, created_at"""

SAVE = text(f"""
    INSERT INTO api_logs AS old ({COLUMNS}, attempts)
    SELECT {COLUMNS},
           jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
               'at', created_at, 'error', error, 'duration_ms', duration_ms, 'tokens_in', tokens_in,
               'tokens_cached', tokens_cached, 'tokens_out', tokens_out, 'tokens_reasoning', tokens_reasoning,
               'cost_usd', cost_usd, 'served_model', served_model, 'reused_from', reused_from,
               'repair', CASE WHEN repair THEN true END)))
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
        run_id uuid, request_hash text, item text, method text, repeat bigint, provider text, model text,
        system_prompt text, prompt text, response text, usable boolean, error text, duration_ms double precision,
        tokens_in bigint, tokens_cached bigint, tokens_out bigint, tokens_reasoning bigint, cost_usd numeric,
        served_model text, repair boolean, reused_from uuid, created_at timestamptz)
    ON CONFLICT (run_id, request_hash) DO UPDATE SET
        response = CASE WHEN NOT old.usable OR (old.response IS NULL AND excluded.usable)
            THEN excluded.response ELSE old.response END,
        error = CASE WHEN old.usable THEN old.error ELSE excluded.error END,
        usable = old.usable OR excluded.usable,
        item = CASE WHEN old.prompt IS NULL THEN excluded.item ELSE old.item END,
        method = CASE WHEN old.prompt IS NULL THEN excluded.method ELSE old.method END,
        system_prompt = coalesce(old.system_prompt, excluded.system_prompt),
        prompt = coalesce(old.prompt, excluded.prompt),
        duration_ms = old.duration_ms + excluded.duration_ms,
        tokens_in = old.tokens_in + excluded.tokens_in,
        tokens_cached = old.tokens_cached + excluded.tokens_cached,
        tokens_out = old.tokens_out + excluded.tokens_out,
        tokens_reasoning = old.tokens_reasoning + excluded.tokens_reasoning,
        cost_usd = old.cost_usd + excluded.cost_usd,
        attempts = old.attempts || excluded.attempts
    WHERE NOT old.attempts @> excluded.attempts
""")

ANSWERS = text("""
    SELECT DISTINCT ON (request_hash) request_hash, response, CASE WHEN run_id = :run_id THEN run_id ELSE
        coalesce(CAST(jsonb_path_query_first(attempts, '$[*].reused_from') #>> '{}' AS uuid), run_id) END AS paid_by
    FROM api_logs
    WHERE request_hash = ANY(:hashes) AND usable AND response IS NOT NULL AND (run_id = :run_id OR :any_run)
    ORDER BY request_hash, run_id <> :run_id, created_at DESC
""")


class LoggedCall(Record):
    """One row of `api_logs`: a request of a run, all its attempts together.

    Attributes:
        usable: True when the answer is complete and fits its schema.
        duration_ms: All attempts together.
        prompt: None once it is erased, as `system_prompt` and `response`.
        tokens_in: All attempts together, as the other tokens and `cost_usd`.
        cost_usd: None where the model's price is not known.
        attempts: Each attempt with its time, error, duration, tokens, cost and the model that answered; `repair` where
            the judge was shown what was wrong, `reused_from` where another run had paid.
    """

    run_id: UUID
    request_hash: str
    item: str
    method: str
    repeat: int
    provider: str
    model: str
    system_prompt: str | None
    prompt: str | None
    response: str | None
    usable: bool
    error: str | None
    duration_ms: float
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    tokens_reasoning: int
    cost_usd: Decimal | None
    attempts: tuple[dict[str, Any], ...]
    created_at: AwareDatetime


async def save_calls(session: AsyncSession, calls: Sequence[ModelCall]) -> None:
    """Add attempts to the ledger, in order; an answer that is usable is never replaced. One statement, as a rule.

    A row names the item that asked first. Where its content was erased with that item, and the request is asked again
    for another one, it names that one from then on, whose content it keeps.
    """
    if not calls:
        return
    waiting: list[ModelCall] = list(calls)
    while waiting:
        unique = {(call.run_id, call.request_hash): call for call in reversed(waiting)}
        rows = orjson.dumps([call.model_dump(mode="json") for call in unique.values()]).decode()
        await session.execute(SAVE, {"rows": rows})
        taken = {id(call) for call in unique.values()}
        waiting = [call for call in waiting if id(call) not in taken]


async def usable_answers(
    session: AsyncSession, run_id: UUID, hashes: Sequence[str], reuse: Reuse = "run"
) -> dict[str, FoundAnswer]:
    """The committed usable answers among these requests, by request hash; one that was erased is none.

    With `always`, the newest of any run where this run has none; with `never`, none.
    """
    if not hashes or reuse == "never":
        return {}
    parameters = {"hashes": list(hashes), "run_id": run_id, "any_run": reuse == "always"}
    found = await session.execute(ANSWERS, parameters)
    return {request_hash: FoundAnswer(text=response, run_id=paid_by) for request_hash, response, paid_by in found}


async def usage_of(session: AsyncSession, run_id: UUID) -> Usage:
    """Sum the ledger of a run; `cost_usd` is None as soon as one call's price is not known."""
    row = ApiLogRow
    query = select(
        func.count(),
        func.coalesce(func.sum(func.jsonb_array_length(row.attempts)), 0),
        func.coalesce(func.sum(row.tokens_in), 0),
        func.coalesce(func.sum(row.tokens_cached), 0),
        func.coalesce(func.sum(row.tokens_out), 0),
        func.coalesce(func.sum(row.tokens_reasoning), 0),
        func.sum(row.cost_usd),
        func.array_agg(distinct(row.model)).filter(row.cost_usd.is_(None)),
        func.count().filter(row.attempts.contains([{"repair": True}])),
        func.count().filter(func.jsonb_path_exists(row.attempts, cast("$[*].reused_from", JSONPATH))),
    ).where(row.run_id == run_id)
    calls, attempts, *tokens, cost_usd, unpriced, repairs, reused = (await session.execute(query)).one()
    tokens_in, tokens_cached, tokens_out, tokens_reasoning = map(int, tokens)
    return Usage(
        calls=calls,
        attempts=int(attempts),
        tokens_in=tokens_in,
        tokens_cached=tokens_cached,
        tokens_out=tokens_out,
        tokens_reasoning=tokens_reasoning,
        cost_usd=None if unpriced else Decimal(cost_usd or 0),
        unpriced_models=tuple(sorted(unpriced or ())),
        repairs=repairs,
        reused=reused,
    )


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
