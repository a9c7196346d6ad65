"""What the tokens of one model cost: a line for each size of request, as its provider publishes them."""

import datetime as dt
from decimal import Decimal

from pydantic import Field

from storage.records import Record

MILLION = Decimal(1_000_000)


class PriceLine(Record):
    """One line of a price file, in USD per million tokens.

    Attributes:
        provider: The word before the colon of the judge.
        model: The word after it.
        above_tokens: The line is for requests with more input tokens than this, for all tokens of theirs.
        since: The first day it counts (UTC); None means ever since.
        input: Tokens sent.
        cached_input: Tokens read from the provider's cache; None means as `input`.
        cache_write: Tokens that the provider writes to its cache unasked; None means as `input`.
        output: Tokens answered, reasoning included.
        source: Where the figure was read (URL); empty where the user does not say.
        date: When it was read; None where the user does not say.
    """

    provider: str = Field(min_length=1)
    model: str = Field(min_length=1)
    above_tokens: int = Field(default=0, ge=0)
    since: dt.date | None = None
    input: Decimal = Field(ge=0)
    cached_input: Decimal | None = Field(default=None, ge=0)
    cache_write: Decimal | None = Field(default=None, ge=0)
    output: Decimal = Field(ge=0)
    source: str = ""
    date: dt.date | None = None


class Price(Record):
    """What one model costs.

    Attributes:
        lines: By `above_tokens`, rising; the first is for the smallest requests.
    """

    lines: tuple[PriceLine, ...] = Field(min_length=1)

    def cost_usd(
        self, tokens_in: int, tokens_out: int, tokens_cached: int = 0, tokens_written: int | None = None
    ) -> Decimal:
        """What one call costs.

        Args:
            tokens_in: All input tokens, those read from the cache and those written to it included.
            tokens_out: All output tokens, reasoning included.
            tokens_cached: Those of `tokens_in` that were read from the provider's cache.
            tokens_written: Those of `tokens_in` that were written to it; None means not known: then all that was not
                read from it counts as written, so that the cost is never less than the bill.
        """
        line = next((line for line in reversed(self.lines) if tokens_in > line.above_tokens), self.lines[0])
        cached = min(tokens_cached, tokens_in)
        fresh = tokens_in - cached
        written = fresh if tokens_written is None else min(tokens_written, fresh)
        usd = (
            (fresh - written) * line.input
            + cached * (line.input if line.cached_input is None else line.cached_input)
            + written * (line.input if line.cache_write is None else line.cache_write)
            + tokens_out * line.output
        )
        return usd / MILLION


FREE = Price(lines=(PriceLine(provider="any", model="any", input=Decimal(0), output=Decimal(0)),))
"""The price of a model that costs no money."""
