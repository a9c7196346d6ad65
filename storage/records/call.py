"""One attempt at a model call, and what the ledger keeps of it."""

from decimal import Decimal
from uuid import UUID

from pydantic import AwareDatetime

from storage.records.base import Record


class ModelCall(Record):
    """One attempt. Attempts of the same request of a run share a row of `api_logs`.

    Attributes:
        request_hash: SHA-256 (hex) over everything that changes the answer.
        item: The thread's external id.
        method: Which evaluator asked, and what for.
        response: The answer as sent; None where none came.
        usable: True when the answer is complete and fits its schema; only such an answer is used again.
        error: What went wrong; None when usable.
        duration_ms: From sending to the answer, waiting for a free place left out.
        cost_usd: None where the model's price is not known.
    """

    run_id: UUID
    request_hash: str
    item: str
    method: str
    provider: str
    model: str
    system_prompt: str
    prompt: str
    response: str | None = None
    usable: bool
    error: str | None = None
    duration_ms: float
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: Decimal | None = None
    created_at: AwareDatetime
