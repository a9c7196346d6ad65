"""What a run may spend, and what parts of it are reserved or spent."""

from decimal import Decimal

from pydantic import Field

from storage.records.base import Record


class Amount(Record):
    """Money and tokens together."""

    usd: Decimal = Field(default=Decimal(0), ge=0)
    tokens: int = Field(default=0, ge=0)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(usd=self.usd + other.usd, tokens=self.tokens + other.tokens)


class BudgetLimit(Record):
    """The most a run may spend.

    Attributes:
        usd: None means no limit.
        tokens: Input and output together; None means no limit.
    """

    usd: Decimal | None = Field(default=None, gt=0)
    tokens: int | None = Field(default=None, gt=0)
