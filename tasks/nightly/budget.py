"""What is left of a night's budget, and what a suite may have of it."""

from decimal import Decimal
from typing import Any

from storage.records import Record
from tasks.nightly.plan import Plan, Suite


class Left(Record):
    """What may still be spent tonight.

    Attributes:
        usd: Money; None where the plan sets no limit.
        tokens: Tokens, input and output together; None where the plan sets no limit.
    """

    usd: Decimal | None = None
    tokens: int | None = None

    @property
    def used_up(self) -> bool:
        """Whether no model may be asked any more."""
        return (self.usd is not None and self.usd <= 0) or (self.tokens is not None and self.tokens <= 0)


def left_of(plan: Plan, spent_usd: Decimal, spent_tokens: int) -> Left:
    """What the night has left."""
    return Left(
        usd=Decimal(str(plan.budget_usd)) - spent_usd if plan.budget_usd else None,
        tokens=plan.budget_tokens - spent_tokens if plan.budget_tokens else None,
    )


def caps(
    left: Left, suite: Suite, spent_usd: Decimal = Decimal(0), spent_tokens: int = 0, *, tonight: bool = True
) -> dict[str, Any]:
    """The flow parameters that keep a run within the night's budget and its suite's; 0: no limit.

    Args:
        left: What the night has left.
        suite: Its own budget is for a night.
        spent_usd: What the run has spent so far: its budget is over all its life.
        spent_tokens: The same in tokens.
        tonight: Whether it was spent tonight; what an earlier night spent does not count.
    """
    own_usd, own_tokens = Decimal(str(suite.budget_usd)), suite.budget_tokens
    usd = [left.usd + spent_usd] if left.usd is not None else []
    usd += [own_usd if tonight else own_usd + spent_usd] if own_usd else []
    tokens = [left.tokens + spent_tokens] if left.tokens is not None else []
    tokens += [own_tokens if tonight else own_tokens + spent_tokens] if own_tokens else []
    return {"budget_usd": float(max(min(usd), 0)) if usd else 0, "budget_tokens": max(min(tokens), 0) if tokens else 0}
