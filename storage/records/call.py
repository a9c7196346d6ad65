"""One attempt at a model call, what the ledger keeps of it, and an answer found there."""

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
        repeat: From 0; which repeat of the same judgment.
        response: The answer as sent; None where none came.
        usable: True when the answer is complete and fits its schema; only such an answer is used again.
        error: What went wrong; None when usable.
        duration_ms: From sending to the answer, waiting for a free place left out.
        tokens_in: Input tokens billed, those read from a cache included.
        tokens_cached: Those of `tokens_in` that were read from the provider's cache.
        tokens_out: Output tokens billed, reasoning included.
        tokens_reasoning: Those of `tokens_out` that were reasoning.
        cost_usd: None where the model's price is not known.
        served_model: The model that answered, as the provider names it; None where it does not say.
        repair: True when the judge was shown what was wrong with its last answer.
        reused_from: The run this answer was paid for in; None when it was asked for now.
    """

    run_id: UUID
    request_hash: str
    item: str
    method: str
    repeat: int = 0
    provider: str
    model: str
    system_prompt: str
    prompt: str
    response: str | None = None
    usable: bool
    error: str | None = None
    duration_ms: float
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    tokens_reasoning: int = 0
    cost_usd: Decimal | None = None
    served_model: str | None = None
    repair: bool = False
    reused_from: UUID | None = None
    created_at: AwareDatetime


class FoundAnswer(Record):
    """A usable answer that the ledger has already.

    Attributes:
        text: The answer as sent.
        run_id: The run whose ledger has it; where that is another run, the one it was paid for in.
    """

    text: str
    run_id: UUID
