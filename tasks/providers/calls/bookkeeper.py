"""What one attempt at a call looks like in the ledger, and what a call costs or can cost at most."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from storage.records import Amount, ModelCall
from tasks.providers.base import ModelReply, ModelRequest, Question
from tasks.providers.calls.ledger import Price
from tasks.providers.calls.requests import most_tokens_in
from tasks.providers.errors import ModelError


class Bookkeeper:
    """Writes the entries of one run; keeps nothing."""

    def __init__(self, run_id: UUID, price: Price | None) -> None:
        """The price is None where it is not known: then costs are None too, never 0."""
        self._run_id = run_id
        self._price = price

    def most(self, request: ModelRequest) -> Amount:
        """The most a call can use, and cost where the price is known."""
        tokens_in, tokens_out = most_tokens_in(request), request.sampling.max_output_tokens
        usd = self._price.cost_usd(tokens_in, tokens_out) if self._price else Decimal(0)
        return Amount(usd=usd, tokens=tokens_in + tokens_out)

    def call(
        self,
        sent: ModelRequest,
        asked: ModelRequest,
        question: Question[Any],
        reply: ModelReply | None,
        *,
        error: ModelError | None = None,
        duration_ms: float = 0.0,
        reused_from: UUID | None = None,
    ) -> ModelCall:
        """The entry of one attempt.

        Args:
            sent: What went out.
            asked: What it is kept under: `sent` too, unless that asks for a repair.
            question: Who asked.
            reply: What came back; None where nothing did.
            error: Why it cannot be used; None when it can.
            duration_ms: From sending to the answer.
            reused_from: The run that paid for it; None when this one does.
        """
        return ModelCall(
            run_id=self._run_id,
            request_hash=asked.hash,
            item=question.item,
            method=question.method,
            repeat=asked.repeat,
            provider=asked.provider,
            model=asked.model,
            system_prompt=asked.system,
            prompt=sent.prompt,
            response=reply.text if reply else None,
            usable=error is None,
            error=f"{error.reason}: {error}" if error else None,
            duration_ms=duration_ms,
            tokens_in=reply.tokens_in if reply else 0,
            tokens_cached=reply.tokens_cached if reply else 0,
            tokens_out=reply.tokens_out if reply else 0,
            tokens_reasoning=reply.tokens_reasoning if reply else 0,
            cost_usd=Decimal(0) if reused_from else self._cost(reply),
            served_model=reply.served_model if reply else None,
            repair=sent is not asked,
            reused_from=reused_from,
            created_at=datetime.now(UTC),
        )

    def _cost(self, reply: ModelReply | None) -> Decimal | None:
        if reply is None:
            return Decimal(0)
        if self._price is None:
            return None
        return self._price.cost_usd(reply.tokens_in, reply.tokens_out, reply.tokens_cached)
